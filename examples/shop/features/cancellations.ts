import {
  defineFeature,
  defineReadModel,
  type DomainEventsDefinition,
  type FeatureDefinition,
  type Translation,
} from 'strangler-fig';
import { z } from 'zod';

/** What the shop never says, seen in the rows of its orders. */
export const cancellationsOf: Translation = ({ before, after }) => {
  const was = before?.['status'] === 'cancelled';
  const is = after?.['status'] === 'cancelled';
  if (is && !was) return { type: 'OrderCancelled', key: String(after['id']), data: { currency: after['currency'] } };
  return was && !is ? { type: 'CancellationGone', key: String(before['id']), data: {} } : undefined;
};

export const shopEvents: DomainEventsDefinition = {
  types: { OrderCancelled: z.object({ currency: z.string() }), CancellationGone: z.object({}) },
  translate: { orders: cancellationsOf },
};

const cancelledOrders = defineReadModel({
  name: 'cancelled_orders',
  version: 1,
  key: 'order_id',
  table: (t) => {
    t.bigInteger('order_id').primary();
    t.text('currency').notNullable();
  },
  on: {
    OrderCancelled: async ({ key, data }, tx) => {
      const { currency } = data as { readonly currency: string };
      await tx('cancelled_orders').insert({ order_id: key, currency });
    },
    CancellationGone: async ({ key }, tx) => {
      await tx('cancelled_orders').where({ order_id: key }).delete();
    },
  },
});

/** How many orders were cancelled, for which legacy looks at all orders. */
export function cancellationsFeature(): FeatureDefinition {
  return defineFeature({
    name: 'cancellations',
    readModel: cancelledOrders,
    queries: {
      'GET /api/stats/cancellations': async ({ db }) => {
        const rows: { currency: string; count: string }[] = await db('cancelled_orders')
          .select('currency')
          .select({ count: db.raw('count(*)') })
          .groupBy('currency')
          .orderBy('currency');
        return Object.fromEntries(rows.map(({ currency, count }) => [currency, Number(count)]));
      },
    },
  });
}
