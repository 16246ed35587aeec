import type { Knex } from 'knex';
import { expect, test } from 'vitest';
import { defineReadModel, type ReadModelDefinition } from '../../../src/config/read-model-definition.ts';
import type { Capture } from '../../../src/sync/capture/capture.ts';
import { until } from '../../support/until.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';

type Parts = Pick<ReadModelDefinition, 'name' | 'table' | 'build'>;

/** What a customer has ordered. A changed order makes its customer dirty, the one it was taken from included. */
function perCustomer(parts: Parts): ReadModelDefinition {
  return defineReadModel({
    ...parts,
    version: 1,
    key: 'customer_id',
    root: 'customers',
    sources: {
      customers: { key: 'id', dirty: (row) => [String(row.id)] },
      orders: { key: 'id', dirty: (row) => [String(row.customer_id)] },
    },
  });
}

const query: ReadModelDefinition['build'] = (keys, mirror) =>
  mirror('customers as c')
    .join('orders as o', 'o.customer_id', 'c.id')
    .whereIn('c.id', [...keys])
    .groupBy('c.id')
    .select({ customer_id: 'c.id', name: 'c.name' })
    .select(mirror('orders').whereRaw('customer_id = c.id').max('note').as('last_note'))
    .count({ orders: 'o.id' })
    .sum({ amount: 'o.amount' }) as unknown as Knex.QueryBuilder;

const table = (t: Knex.CreateTableBuilder): void => {
  t.bigInteger('customer_id').primary();
  t.string('name', 40);
  t.text('last_note');
  t.integer('orders');
  t.decimal('amount', 30, 4);
};

const models = [
  perCustomer({ name: 'by_query', table, build: query }),
  perCustomer({ name: 'by_rows', table, build: async (...asked) => [...(await query(...asked))] }),
  perCustomer({
    name: 'more_is_unique',
    table: (t) => {
      table(t);
      t.unique(['name']);
    },
    build: query,
  }),
  perCustomer({
    name: 'more_columns',
    table: (t) => {
      table(t);
      t.text('not_built').defaultTo('left to the table');
    },
    build: query,
  }),
];

async function caughtUp(capture: Capture): Promise<void> {
  for (const { name } of models) {
    await until(`${name} is ready`, () => {
      if (capture.progressOf(name).state === 'ready') return true;
      throw new Error(`${JSON.stringify(capture.progressOf(name))} ${capture.status().error ?? ''}`);
    });
  }
  const position = await capture.source.read();
  capture.source.nudge();
  for (const { name } of models) expect(await capture.applied(name)!.waitFor(position, 20_000)).toBe(true);
}

const columns = (amount: string): string => `customer_id::text, name, last_note, orders::text, ${amount} AS amount`;

async function expectAllEqualLegacy({ legacy, target }: SyncSetup): Promise<number> {
  const fresh = await legacy.raw(
    `SELECT ${columns('amount::numeric(30,4)::text')} FROM (SELECT c.id AS customer_id, c.name, max(o.note) AS last_note,
       count(o.id) AS orders, sum(o.amount) AS amount FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id) q
     ORDER BY q.customer_id`,
  );
  for (const { name } of models) {
    const built = await target.raw(
      `SELECT ${columns('amount::text')} FROM rm_${name}_v1.${name} ORDER BY ${name}.customer_id`,
    );
    expect({ name, rows: built.rows }).toEqual({ name, rows: fresh.rows });
  }
  return fresh.rows.length;
}

test('a row that goes from one key to another makes both dirty, however build and table are written', async () => {
  await using setup = await setupSync();
  const { legacy } = setup;
  await legacy.raw(`INSERT INTO customers (name) SELECT 'customer ' || n FROM generate_series(1, 30) n`);
  await legacy.raw(
    `INSERT INTO orders (customer_id, note, amount) SELECT 1 + n % 25, 'note "' || n || '" \\', n * 1.23456 FROM generate_series(1, 200) n`,
  );
  const capture = setup.startCapture({ readModels: models });
  await caughtUp(capture);
  expect(await expectAllEqualLegacy(setup)).toBe(25);

  await legacy.raw('UPDATE orders SET customer_id = 30 WHERE id = 7');
  await caughtUp(capture);
  await expectAllEqualLegacy(setup);
  // In one batch: moved twice, moved and deleted, deleted and inserted again elsewhere, a new key, names exchanged.
  await legacy.transaction(async (tx) => {
    await tx.raw('UPDATE orders SET customer_id = 29 WHERE id = 7');
    await tx.raw('UPDATE orders SET customer_id = 1, id = 1007 WHERE id = 7');
    await tx.raw('UPDATE orders SET customer_id = 28 WHERE id = 8');
    await tx.raw('DELETE FROM orders WHERE id = 8');
    await tx.raw('DELETE FROM orders WHERE id = 9');
    await tx.raw(`INSERT INTO orders (id, customer_id, note, amount) VALUES (9, 27, 'again', 1)`);
    await tx.raw(
      `UPDATE customers SET name = CASE id WHEN 3 THEN 'customer 4' ELSE 'customer 3' END WHERE id IN (3, 4)`,
    );
  });
  await caughtUp(capture);
  await expectAllEqualLegacy(setup);
  await legacy.raw('DELETE FROM orders WHERE customer_id IN (5, 6)');
  await caughtUp(capture);
  expect(await expectAllEqualLegacy(setup)).toBe(24);
  expect(await setup.target.raw('SELECT DISTINCT not_built FROM rm_more_columns_v1.more_columns')).toMatchObject({
    rows: [{ not_built: 'left to the table' }],
  });
});
