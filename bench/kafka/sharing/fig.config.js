// Eight read models through a topic. From the environment: FIG_BENCH_LEGACY, FIG_DATABASE_URL, FIG_BENCH_BROKERS, FIG_BENCH_TOPIC.
import { defineFeature, defineMigration, defineReadModel } from 'strangler-fig';
import { tables } from './tables.js';

const { env } = process;

export default defineMigration({
  name: 'sharing',
  legacy: { url: 'http://127.0.0.1:9', database: env.FIG_BENCH_LEGACY },
  visitor: { cookie: 'session' },
  events: { via: 'kafka', brokers: env.FIG_BENCH_BROKERS?.split(',') ?? [], topic: env.FIG_BENCH_TOPIC },
  features: tables.map((table) =>
    defineFeature({
      name: table,
      readModel: copyOf(table),
      queries: { [`GET /${table}/:id`]: ({ params, db }) => db(`${table}_copy`).where({ id: params.id }).first() },
    }),
  ),
});

/** The table as it is. */
function copyOf(table) {
  return defineReadModel({
    name: `${table}_copy`,
    version: 1,
    key: 'id',
    root: table,
    table: (t) => {
      t.bigInteger('id').primary();
      t.bigInteger('customer_id');
      t.text('note');
      t.specificType('amount', 'numeric(12,2)');
      t.text('status');
      t.specificType('updated_at', 'timestamptz');
    },
    sources: { [table]: { key: 'id', dirty: (row) => [row.id] } },
    build: (keys, mirror) =>
      mirror(table)
        .whereIn('id', [...keys])
        .select('id', 'customer_id', 'note', 'amount', 'status', 'updated_at'),
  });
}
