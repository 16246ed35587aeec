import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../src/store/control-store.ts';
import { endWork, forgetWork, listWork, tellWork, type WorkingProcess } from '../../src/store/transport-work-store.ts';
import { createStoreDatabase, type TestDatabase } from '../support/test-database.ts';

let database: TestDatabase;
let store: Knex;

beforeAll(async () => {
  database = await createStoreDatabase();
  store = openStore(database.url, { applicationName: 'test' });
});
afterAll(async () => {
  await store.destroy();
  await database[Symbol.asyncDispose]();
});

function processes(): { migration: string; first: WorkingProcess; second: WorkingProcess } {
  const migration = randomUUID();
  const named = (host: string): WorkingProcess => ({ migration, process: randomUUID(), host, pid: 1 });
  return { migration, first: named('a'), second: named('b') };
}

const orders = (figures: unknown = {}) => ({ work: 'read-model' as const, name: 'orders_v1', claim: 0, figures });
const leads = (claim: number) => ({ work: 'leader' as const, name: 'leader', claim, figures: { epoch: claim } });

test('a takeover is told to the process that took over, once, and counted', async () => {
  const { migration, first, second } = processes();
  expect(await tellWork(store, first, [orders(), leads(1)])).toEqual([]);
  expect(await tellWork(store, first, [orders(), leads(1)])).toEqual([]);
  expect(await tellWork(store, second, [orders({ lag: 1 })])).toEqual([{ work: 'read-model', name: 'orders_v1' }]);
  expect(await tellWork(store, second, [orders({ lag: 2 })])).toEqual([]);
  expect(await listWork(store, migration)).toMatchObject([
    { work: 'leader', host: 'a', takeovers: 0 },
    { work: 'read-model', host: 'b', takeovers: 1, figures: { lag: 2 } },
  ]);
});

test('since when a process does something changes with the process only', async () => {
  const { migration, first, second } = processes();
  const since = async (): Promise<string> => (await listWork(store, migration))[0]!.since;
  await tellWork(store, first, [orders()]);
  const began = await since();
  await tellWork(store, first, [orders()]);
  expect(await since()).toBe(began);
  await tellWork(store, second, [orders()]);
  expect(Date.parse(await since())).toBeGreaterThan(Date.parse(began));
});

test('a leader that was replaced is not believed when it wakes up', async () => {
  const { migration, first, second } = processes();
  await tellWork(store, first, [leads(1)]);
  expect(await tellWork(store, second, [leads(2)])).toEqual([{ work: 'leader', name: 'leader' }]);
  expect(await tellWork(store, first, [leads(1)])).toEqual([]);
  expect(await listWork(store, migration)).toMatchObject([{ host: 'b', takeovers: 1, figures: { epoch: 2 } }]);
});

test('a process that ended in order does nothing any more, and who comes after it took over', async () => {
  const { migration, first, second } = processes();
  const itself = { work: 'process' as const, name: first.process, claim: 0, figures: {} };
  await tellWork(store, first, [orders(), itself]);
  await endWork(store, first.process);
  expect(await listWork(store, migration)).toMatchObject([{ work: 'read-model', silentMs: Infinity }]);
  expect(await tellWork(store, second, [orders()])).toHaveLength(1);
});

test('what a process said of itself is forgotten when it has been gone for long, counts of takeovers are not', async () => {
  const { migration, first } = processes();
  await tellWork(store, first, [orders(), { work: 'process', name: first.process, claim: 0, figures: {} }]);
  await store.raw(`UPDATE fig.transport_work SET seen_at = seen_at - interval '1 hour'`);
  await forgetWork(store);
  expect(await listWork(store, migration)).toMatchObject([{ work: 'read-model' }]);
});
