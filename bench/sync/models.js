import { load } from '../dist.js';

const { defineReadModel } = await load('src/config/read-model-definition.js');

/** One legacy table as it is: what a native subscription does, and a read model of it besides. */
export const single = defineReadModel({
  name: 'order_copy',
  version: 1,
  key: 'id',
  root: 'orders',
  table: (t) => {
    t.bigInteger('id').primary();
    t.bigInteger('customer_id');
    t.text('note');
    t.specificType('amount', 'numeric(12,2)');
    t.text('status');
    t.specificType('updated_at', 'timestamptz');
  },
  sources: { orders: { key: 'id', dirty: (row) => [row.id] } },
  build: (keys, mirror) =>
    mirror('orders')
      .whereIn('id', [...keys])
      .select('id', 'customer_id', 'note', 'amount', 'status', 'updated_at'),
});

/** Three tables, one of them looked up by many rows. */
export const joined = defineReadModel({
  name: 'order_summary',
  version: 1,
  key: 'order_id',
  root: 'orders',
  table: (t) => {
    t.bigInteger('order_id').primary();
    t.text('customer_name');
    t.text('status');
    t.specificType('amount', 'numeric(12,2)');
    t.specificType('total', 'numeric(14,2)');
    t.integer('lines');
    t.specificType('updated_at', 'timestamptz');
  },
  sources: {
    orders: { key: 'id', dirty: (row) => [row.id] },
    items: { key: ['order_id', 'line'], dirty: (row) => [row.order_id] },
    customers: { key: 'id', dirty: (row, mirror) => mirror('orders').where({ customer_id: row.id }).pluck('id') },
  },
  build: (keys, mirror) =>
    mirror('orders as o')
      .join('customers as c', 'c.id', 'o.customer_id')
      .leftJoin('items as i', 'i.order_id', 'o.id')
      .whereIn('o.id', [...keys])
      .groupBy('o.id', 'c.id')
      .select({ order_id: 'o.id', customer_name: 'c.name', status: 'o.status', amount: 'o.amount' })
      .select({ updated_at: 'o.updated_at' })
      .sum({ total: 'i.price' })
      .count({ lines: 'i.line' }),
});

/** @type {Readonly<Record<string, import('../../src/config/read-model-definition.ts').ReadModelDefinition>>} */
export const models = { single, joined };
