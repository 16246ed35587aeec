import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { runSql } from '../support/postgres-server.ts';
import { stateOf } from '../sync/preflight/inspect.ts';
import { run } from './run-cli.ts';

let folder: string;
let config: string;
let database: TestDatabase;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fig-preflight-'));
  config = join(folder, 'fig.config.ts');
  database = await createTestDatabase();
  await writeConfig(database.url);
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function writeConfig(url: string): Promise<void> {
  await writeFile(
    config,
    `import { defineFeature, defineMigration, defineReadModel } from 'strangler-fig';
     const feature = (name: string) => defineFeature({
       name,
       readModel: defineReadModel({
         name: name + '_list', version: 1, key: 'id', table: (t) => { t.integer('id').primary(); },
         sources: { [name]: { key: 'id', dirty: (row) => [Number(row.id)] } },
         build: (keys, mirror) => mirror(name).whereIn('id', keys).select('id'),
       }),
       queries: { ['GET /' + name]: async ({ db }) => db(name + '_list').select() },
     });
     export default defineMigration({
       name: 'shop', legacy: { url: 'http://127.0.0.1:9', database: '${url}' },
       features: [feature('orders'), feature('carts')],
     });`,
  );
}

it('names each fault with its remedy, exits with 5, and leaves the database as it was', async () => {
  await runSql(database.url, 'CREATE TABLE orders (id int); CREATE TABLE carts (id int PRIMARY KEY)');
  const before = await stateOf(database.url);
  const { code, stdout, stderr } = await run(['preflight', config]);
  expect({ code, stderr }).toEqual({ code: 5, stderr: '' });
  expect(stdout).toContain(`fig_shop_${database.name}; tables public.orders, public.carts`);
  expect(stdout).toMatch(
    /Errors: .*\n {2}public\.orders: has no replica identity.* \[replica-identity\]\n {4}ALTER TABLE/,
  );
  expect(stdout).toContain('1 error. Nothing was changed.');
  expect(stdout).not.toContain('public.carts:');
  // Other tests on this server take transaction ids of their own.
  expect(without(await stateOf(database.url))).toEqual(without(before));
});

it('a sound database gives 0, one feature can be asked for, and --json prints every finding', async () => {
  await runSql(database.url, 'CREATE TABLE orders (id int); CREATE TABLE carts (id int PRIMARY KEY)');
  const { code, stdout } = await run(['preflight', config, '--feature', 'carts', '--json']);
  expect(code).toBe(0);
  const report = JSON.parse(stdout) as { findings: { id: string }[]; tables: string[] };
  expect(report.tables).toEqual(['public.carts']);
  expect(report.findings.map(({ id }) => id)).toContain('server-features');
  expect(stdout).not.toContain(new URL(database.url).password);
  expect((await run(['preflight', config, '--feature', 'carts'])).stdout).toContain('Capture can start');
});

it('a database that does not answer is a finding, an unknown feature a mistake of the caller', async () => {
  const url = new URL(database.url);
  url.password = 'wrong';
  await writeConfig(url.href);
  const { code, stdout } = await run(['preflight', config]);
  expect(code).toBe(5);
  expect(stdout).toMatch(/cannot be connected to: .*password.* \[connection\]/);
  expect((await run(['preflight', config, '--feature', 'nope'])).code).toBe(2);
});

it('what is found of topics is told where no database is captured as well', async () => {
  await writeFile(
    config,
    `import { defineFeature, defineMigration, defineReadModel } from 'strangler-fig';
     const paid = defineReadModel({
       name: 'paid', version: 1, key: 'id', topics: ['payments.events'], settle: '1s',
       table: (t) => { t.text('id').primary(); },
       on: { Paid: async ({ key }, tx) => { await tx('paid').insert({ id: key }); } },
     });
     export default defineMigration({
       name: 'shop', legacy: { url: 'http://127.0.0.1:9' },
       domainEvents: {
         types: { Paid: { safeParse: (data: unknown) => ({ success: true, data }) } },
         topics: [{ topic: 'payments.events', format: 'cloudevents', brokers: ['127.0.0.1:9'] }],
       },
       features: [defineFeature({ name: 'paid', readModel: paid, queries: { 'GET /paid': async ({ db }) => db('paid') } })],
     });`,
  );
  const { code, stdout } = await run(['preflight', config]);
  expect(stdout).toContain('no database is captured');
  expect(stdout).toMatch(/^Errors\n {2}payments\.events: .* \[kafka-unreachable\]\n {4}Check/m);
  expect(stdout).toContain('1 error. Nothing was changed.');
  expect(code).toBe(5);
});

function without(state: unknown): unknown {
  const { columns, classes, publications, published } = state as Record<string, unknown>;
  return { columns, classes, publications, published };
}
