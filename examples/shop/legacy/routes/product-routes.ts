import { Router } from 'express';
import type { Knex } from 'knex';
import { HttpError, unprocessable } from '../http/http-error.ts';
import { idFrom, one, pageFrom } from '../http/params.ts';
import { requireStaff } from '../http/session.ts';

/** /api/products. Looking at one product counts a view: a GET that writes. */
export function productRoutes(knex: Knex): Router {
  const router = Router();

  router.get('/', async (request, response) => {
    const { page, perPage } = pageFrom(request.query);
    const products = knex('products');
    const category = one(request.query['category']);
    if (category) void products.where({ category });
    const text = one(request.query['q']);
    if (text) void products.whereILike('name', `%${text}%`);
    const [counted] = await products.clone().count({ count: '*' });
    const rows = await products
      .clone()
      .select('id', 'sku', 'name', 'category', 'price', 'active')
      .orderBy('id')
      .limit(perPage)
      .offset((page - 1) * perPage);
    response.json({
      items: rows.map((row) => ({ ...row, id: Number(row.id) })),
      page,
      per_page: perPage,
      total_count: Number(counted!['count']),
    });
  });

  router.get('/:id', async (request, response) => {
    const id = idFrom(request.params.id);
    const product = await knex('products').where({ id }).first();
    if (!product) throw new HttpError(404, 'product not found', { id: Number(id) });
    const [viewed] = await knex('product_views')
      .insert({ product_id: id, views: 1 })
      .onConflict('product_id')
      .merge({ views: knex.raw('product_views.views + 1') })
      .returning('views');
    response.json({ ...product, id: Number(product.id), views: viewed.views });
  });

  router.patch('/:id', async (request, response) => {
    requireStaff(request);
    const id = idFrom(request.params.id);
    const name: unknown = request.body?.name;
    if (typeof name !== 'string' || name.trim() === '') throw unprocessable({ name: 'is missing' });
    const [product] = await knex('products').where({ id }).update({ name }).returning(['id', 'sku', 'name']);
    if (!product) throw new HttpError(404, 'product not found', { id: Number(id) });
    response.json({ ...product, id: Number(product.id) });
  });

  return router;
}
