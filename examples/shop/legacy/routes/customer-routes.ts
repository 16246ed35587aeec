import { Router } from 'express';
import type { Knex } from 'knex';
import { HttpError, unprocessable } from '../http/http-error.ts';
import { idFrom } from '../http/params.ts';
import { requireOwnerOrStaff } from '../http/session.ts';

/** /api/customers */
export function customerRoutes(knex: Knex): Router {
  const router = Router();

  async function load(id: string): Promise<Record<string, unknown>> {
    const customer = await knex('customers').where({ id }).first();
    if (!customer) throw new HttpError(404, 'customer not found', { id: Number(id) });
    const [orders] = await knex('orders').where({ customer_id: id }).count({ count: '*' });
    return { ...customer, id: Number(customer.id), order_count: Number(orders!['count']) };
  }

  router.get('/:id', async (request, response) => {
    response.json(await load(idFrom(request.params.id)));
  });

  router.patch('/:id', async (request, response) => {
    const id = idFrom(request.params.id);
    requireOwnerOrStaff(request, id);
    const { name, phone } = request.body ?? {};
    if (typeof name !== 'string' || name.trim() === '') throw unprocessable({ name: 'is missing' });
    await knex('customers')
      .where({ id })
      .update({ name, ...(typeof phone === 'string' ? { phone } : {}) });
    response.json(await load(id));
  });

  return router;
}
