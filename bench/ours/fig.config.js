import { isMainThread } from 'node:worker_threads';
import { defineFeature, defineMigration, defineReadModel } from 'strangler-fig';

const orders = defineReadModel({
  name: 'bench_order',
  version: 1,
  key: 'order_id',
  table: (table) => {
    table.bigInteger('order_id').primary();
    table.jsonb('document').notNullable();
  },
  sources: { orders: { key: 'id', dirty: (row) => [String(row.id)] } },
  build: (keys, mirror) => mirror('orders').whereIn('id', keys).select('id as order_id', 'document'),
});

// In the shadow's worker only: there this ends the thread, not the process.
if (process.env.FIG_BENCH_CANDIDATE === 'dies' && !isMainThread) setTimeout(() => process.exit(1), 1_000);
// Then it hears nothing and takes no processor time, as a thread that the system has stopped.
if (process.env.FIG_BENCH_CANDIDATE === 'stuck' && !isMainThread) {
  setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 1_000);
}
const hangs = process.env.FIG_BENCH_CANDIDATE === 'hung';

export default defineMigration({
  name: 'bench',
  legacy: { url: process.env.FIG_BENCH_LEGACY ?? 'http://127.0.0.1:3000' },
  visitor: { cookie: 'session' },
  features: [
    defineFeature({
      name: 'orders',
      readModel: orders,
      queries: {
        'GET /api/orders/:id': async ({ params, db }) => {
          if (hangs) return new Promise(() => undefined);
          const row = await db('bench_order').where({ order_id: params.id }).first('document');
          return row?.document;
        },
      },
    }),
  ],
});
