import { defineReadModel, type ReadModelDefinition } from 'strangler-fig';
import type { Knex } from 'knex';
import { orderSummaries } from './order-summaries.ts';

export type ShopVersion = 1 | 2;

/** One row per order, with everything that the order pages show. */
export function orderReadModel(version: ShopVersion): ReadModelDefinition {
  return defineReadModel({
    name: 'order_summary',
    version,
    key: 'order_id',
    root: 'orders',
    table: orderSummaryTable,
    sources: {
      orders: { key: 'id', dirty: (row) => [String(row['id'])] },
      order_items: { key: 'id', dirty: (row) => [String(row['order_id'])] },
      payments: { key: 'id', dirty: (row) => [String(row['order_id'])] },
      customers: {
        key: 'id',
        dirty: (row, mirror) => mirror('orders').where({ customer_id: row['id'] }).pluck('id'),
      },
      products: {
        key: 'id',
        dirty: (row, mirror) => mirror('order_items').where({ product_id: row['id'] }).distinct().pluck('order_id'),
      },
    },
    build: version === 1 ? buildVersion1 : buildVersion2,
  });
}

/** The subtotal is what the lines come to. */
const buildVersion1: ReadModelDefinition['build'] = (keys, mirror) => orderSummaries(keys, mirror, (items) => items);

/** The subtotal is what the lines come to that have not been cancelled. */
const buildVersion2: ReadModelDefinition['build'] = (keys, mirror) =>
  orderSummaries(keys, mirror, (items) => items.filter((item) => item.cancelled_at === null));

function orderSummaryTable(table: Knex.CreateTableBuilder): void {
  table.bigInteger('order_id').primary();
  table.text('status').notNullable();
  table.text('currency').notNullable();
  table.bigInteger('customer_id').notNullable();
  table.text('customer_name').notNullable();
  table.text('customer_email').notNullable();
  table.text('customer_company');
  table.boolean('customer_vip').notNullable();
  table.jsonb('items').notNullable();
  table.integer('item_count').notNullable();
  table.decimal('subtotal', 14, 2).notNullable();
  table.decimal('discount_percent', 5, 2).notNullable();
  table.decimal('discount', 14, 2).notNullable();
  table.decimal('shipping_fee', 14, 2).notNullable();
  table.decimal('total', 14, 2).notNullable();
  table.decimal('paid', 14, 2).notNullable();
  table.jsonb('payments').notNullable();
  table.jsonb('shipping_address');
  table.text('note');
  table.text('tracking_code');
  table.timestamp('placed_at').notNullable();
  table.timestamp('shipped_at');
  table.timestamp('cancelled_at');
  table.timestamp('updated_at').notNullable();
  table.index(['placed_at', 'order_id']);
  table.index(['total', 'order_id']);
  table.index(['status', 'placed_at', 'order_id']);
  table.index(['customer_id', 'placed_at', 'order_id']);
}
