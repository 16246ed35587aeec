import { Router } from 'express';
import type { Knex } from 'knex';
import { HttpError } from '../http/http-error.ts';
import { idFrom, one } from '../http/params.ts';
import { loadOrder, type OrderView } from '../orders/load-order.ts';
import { orderNumber } from '../orders/order-totals.ts';
import { html, htmlPage, styles } from './page-html.ts';

/** The few pages that are rendered on the server, for people. */
export function pageRoutes(knex: Knex): Router {
  const router = Router();

  router.get('/', async (_request, response) => {
    const orders = await knex('orders as o')
      .join('customers as c', 'c.id', 'o.customer_id')
      .orderBy([
        { column: 'o.placed_at', order: 'desc' },
        { column: 'o.id', order: 'desc' },
      ])
      .limit(20)
      .select('o.id', 'o.status', 'c.name');
    const rows = orders.map(
      (order) =>
        html`<tr>
          <td><a href="/orders/${order.id}">${orderNumber(order.id)}</a></td>
          <td>${order.name}</td>
          <td>${order.status}</td>
        </tr>`,
    );
    response.send(
      htmlPage(
        'Orders',
        html`<table>
            ${rows}
          </table>
          <p><a href="/products">Products</a></p>`,
      ),
    );
  });

  router.get('/orders/:id', async (request, response) => {
    const id = idFrom(request.params.id);
    try {
      response.send(orderPage(await loadOrder(knex, id)));
    } catch (error) {
      if (!(error instanceof HttpError) || error.status !== 404) throw error;
      response.status(404).send(htmlPage('Not found', html`<p>There is no order ${id}.</p>`));
    }
  });

  router.get('/products', async (request, response) => {
    const category = one(request.query['category']);
    const products = await knex('products')
      .where({ active: true, ...(category ? { category } : {}) })
      .orderBy('id')
      .limit(50)
      .select('sku', 'name', 'price');
    const rows = products.map(
      (product) =>
        html`<tr>
          <td>${product.sku}</td>
          <td>${product.name}</td>
          <td>${product.price} EUR</td>
        </tr>`,
    );
    response.send(
      htmlPage(
        'Products',
        html`<table>
          ${rows}
        </table>`,
      ),
    );
  });

  // The short form that is printed on parcels.
  router.get('/o/:id', (request, response) => {
    response.redirect(302, `/orders/${idFrom(request.params.id)}`);
  });

  router.get('/assets/shop.css', (_request, response) => {
    response.type('css').set('Cache-Control', 'public, max-age=3600').send(styles);
  });

  return router;
}

function orderPage(order: OrderView): string {
  const rows = order.items.map(
    (item) =>
      html`<tr class="${item.cancelled_at ? 'cancelled' : ''}">
        <td>${item.quantity}</td>
        <td>${item.product.name}</td>
        <td>${item.line_total}</td>
      </tr>`,
  );
  return htmlPage(
    order.number,
    html`<p>${order.customer.name}: ${order.status_label}</p>
      <table>
        ${rows}
      </table>
      <p>Total ${order.total} ${order.currency}</p>`,
  );
}
