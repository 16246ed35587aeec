import { Router, type Request } from 'express';
import type { Knex } from 'knex';
import { HttpError } from '../http/http-error.ts';
import { idFrom } from '../http/params.ts';
import { requireOwnerOrStaff, requireSession, requireStaff, sessionOf } from '../http/session.ts';
import type { OrderEvents, OrderWrite } from '../order-events.ts';
import { listOrders } from '../orders/list-orders.ts';
import { loadOrder } from '../orders/load-order.ts';
import { newOrderFrom, orderChangeFrom } from '../orders/order-input.ts';
import type { OrderRow } from '../orders/order-rows.ts';
import { cancelOrder, changeOrder, createOrder, deleteOrder, payOrder, shipOrder } from '../orders/order-writes.ts';

type Write = (tx: Knex.Transaction, order: OrderRow) => Promise<void>;

/** /api/orders: what the back office and the customers' pages call. */
export function orderRoutes(knex: Knex, events: OrderEvents): Router {
  const router = Router();

  /** Runs a write on one order in a transaction that holds its row; the caller must be allowed to touch it. */
  async function write(request: Request, what: OrderWrite['what'], work: Write): Promise<string> {
    const id = idFrom(request.params['id']);
    requireSession(request);
    await knex.transaction(async (tx) => {
      const order: OrderRow | undefined = await tx('orders').where({ id }).forUpdate().first();
      if (!order) throw new HttpError(404, 'order not found', { id: Number(id) });
      requireOwnerOrStaff(request, order.customer_id);
      await work(tx, order);
    });
    events.publish({ id: Number(id), what });
    return id;
  }

  router.get('/', async (request, response) => {
    response.json(await listOrders(knex, request.query));
  });

  router.get('/:id', async (request, response) => {
    response.json(await loadOrder(knex, idFrom(request.params.id)));
  });

  router.post('/', async (request, response) => {
    const session = requireSession(request);
    const input = newOrderFrom(request.body);
    const customerId = input.customerId ?? session.customerId ?? '0';
    if (!session.staff && customerId !== session.customerId) throw new HttpError(403, 'not your account');
    const id = await createOrder(knex, input, customerId);
    events.publish({ id: Number(id), what: 'created' });
    response
      .status(201)
      .location(`/api/orders/${id}`)
      .json(await loadOrder(knex, id));
  });

  router.patch('/:id', async (request, response) => {
    const change = orderChangeFrom(request.body);
    const id = await write(request, 'updated', (tx, order) => changeOrder(tx, order, change));
    response.json(await loadOrder(knex, id));
  });

  router.post('/:id/cancel', async (request, response) => {
    const id = await write(request, 'cancelled', cancelOrder);
    response.json(await loadOrder(knex, id));
  });

  router.post('/:id/payments', async (request, response) => {
    const amount: unknown = request.body?.amount;
    const id = await write(request, 'paid', (tx, order) => payOrder(tx, order, amount));
    response.status(201).json(await loadOrder(knex, id));
  });

  router.post('/:id/ship', async (request, response) => {
    requireStaff(request);
    const id = await write(request, 'shipped', shipOrder);
    response.json(await loadOrder(knex, id));
  });

  router.delete('/:id', async (request, response) => {
    if (sessionOf(request)) requireStaff(request);
    await write(request, 'deleted', deleteOrder);
    response.status(204).end();
  });

  return router;
}
