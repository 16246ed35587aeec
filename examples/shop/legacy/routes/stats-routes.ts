import { Router } from 'express';
import type { Knex } from 'knex';
import { requireStaff } from '../http/session.ts';

/** /api/stats: numbers, most of them for staff. */
export function statsRoutes(knex: Knex): Router {
  const router = Router();

  router.get('/', async (request, response) => {
    requireStaff(request);
    const orders: { status: string; count: string }[] = await knex('orders')
      .select('status')
      .select({ count: knex.raw('count(*)') })
      .groupBy('status')
      .orderBy('status');
    const captured: { currency: string; amount: string }[] = await knex('payments as p')
      .join('orders as o', 'o.id', 'p.order_id')
      .where({ 'p.state': 'captured', 'p.kind': 'payment' })
      .select('o.currency')
      .select({ amount: knex.raw('sum(p.amount)') })
      .groupBy('o.currency')
      .orderBy('o.currency');
    response.json({
      orders: Object.fromEntries(orders.map((row) => [row.status, Number(row.count)])),
      captured: Object.fromEntries(captured.map((row) => [row.currency, row.amount])),
    });
  });

  router.get('/cancellations', async (_request, response) => {
    const rows: { currency: string; count: string }[] = await knex('orders')
      .where({ status: 'cancelled' })
      .select('currency')
      .select({ count: knex.raw('count(*)') })
      .groupBy('currency')
      .orderBy('currency');
    response.json(Object.fromEntries(rows.map(({ currency, count }) => [currency, Number(count)])));
  });

  return router;
}
