import { Client } from 'pg';
import { expect, test } from 'vitest';
import { FigError } from '../../../src/kernel/fig-error.ts';
import { ensureViews } from '../../../src/sync/shared/shared-views.ts';
import { createTestDatabase } from '../../support/test-database.ts';

async function setup() {
  const database = await createTestDatabase();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query('CREATE TABLE orders (id int PRIMARY KEY, total numeric)');
  await client.query('INSERT INTO orders VALUES (1, 9.90)');
  const make = (views: Record<string, string>, url = database.url) =>
    ensureViews(url, { name: 'order_summary', version: 1, shared: true, views });
  const schemas = async (): Promise<readonly string[]> => {
    const { rows } = await client.query<{ nspname: string }>(
      `SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$' ORDER BY 1`,
    );
    return rows.map(({ nspname }) => nspname);
  };
  const dispose = async (): Promise<void> => {
    await client.end();
    await database[Symbol.asyncDispose]();
  };
  return { client, make, schemas, url: database.url, [Symbol.asyncDispose]: dispose };
}

const refusal = async (work: Promise<void>): Promise<FigError> => {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof FigError)) throw new Error('it was not refused', { cause: error });
  expect(error.code).toBe('FIG_VIEWS_REFUSED');
  return error;
};

test('views are made in a schema of their own, may build on each other, and stay as they are the next time', async () => {
  await using db = await setup();
  const views = {
    totals: 'SELECT id, total FROM orders',
    rounded: 'SELECT id, round(total) AS total FROM fig_order_summary_v1.totals',
  };
  await db.make(views);
  const { rows } = await db.client.query('SELECT total FROM fig_order_summary_v1.rounded');
  expect(rows).toEqual([{ total: '10' }]);
  const oid = async () => (await db.client.query(`SELECT 'fig_order_summary_v1.totals'::regclass::oid AS oid`)).rows;
  const before = await oid();
  await db.make(views);
  expect(await oid()).toEqual(before);
});

test('changed views take the place of the earlier ones, all or none', async () => {
  await using db = await setup();
  await db.make({ totals: 'SELECT id, total FROM orders' });
  await refusal(db.make({ totals: 'SELECT id FROM orders', wrong: 'SELECT nothing FROM nowhere' }));
  expect((await db.client.query('SELECT * FROM fig_order_summary_v1.totals')).rows).toEqual([{ id: 1, total: '9.90' }]);
  await db.make({ totals: 'SELECT id::text AS id FROM orders' });
  expect((await db.client.query('SELECT * FROM fig_order_summary_v1.totals')).rows).toEqual([{ id: '1' }]);
});

test.each([
  ['a second statement', 'SELECT 1 AS one; DROP TABLE orders'],
  ['a query that writes', 'WITH gone AS (DELETE FROM orders RETURNING id) SELECT id FROM gone'],
])('%s is refused by the server, and nothing is touched', async (_, query) => {
  await using db = await setup();
  const error = await refusal(db.make({ totals: query }));
  expect(error.message).toContain('the view totals');
  expect(await db.schemas()).toEqual(['public']);
  expect((await db.client.query('SELECT id FROM orders')).rows).toHaveLength(1);
});

test('a schema of that name that is not ours is left alone', async () => {
  await using db = await setup();
  await db.client.query('CREATE SCHEMA fig_order_summary_v1');
  const error = await refusal(db.make({ totals: 'SELECT id FROM orders' }));
  expect(error.message).toContain('fig did not make it');
});

test('what somebody else has built on our views is theirs: the views stay, and it is said why', async () => {
  await using db = await setup();
  await db.make({ totals: 'SELECT id, total FROM orders' });
  await db.client.query('CREATE VIEW theirs AS SELECT id FROM fig_order_summary_v1.totals');
  const error = await refusal(db.make({ totals: 'SELECT id FROM orders' }));
  expect(error.message).toContain('depend on it');
  expect((await db.client.query('SELECT id FROM theirs')).rows).toHaveLength(1);
});

test('a lock that the legacy app holds is not queued up for', async () => {
  await using db = await setup();
  await db.client.query('BEGIN');
  await db.client.query('LOCK TABLE orders IN ACCESS EXCLUSIVE MODE');
  const error = await refusal(db.make({ totals: 'SELECT id FROM orders' }));
  expect(error.message).toContain('lock timeout');
  await db.client.query('ROLLBACK');
  expect(await db.schemas()).toEqual(['public']);
});

test('a user who may not create schemas is told so', async () => {
  await using db = await setup();
  const name = `plain_${Date.now()}`;
  await db.client.query(`CREATE ROLE ${name} LOGIN PASSWORD 'plain'`);
  const url = new URL(db.url);
  url.username = name;
  url.password = 'plain';
  const error = await refusal(db.make({ totals: 'SELECT 1 AS one' }, url.href));
  expect(error.message).toContain('permission denied');
  await db.client.query(`DROP ROLE ${name}`);
});
