import { expect, test } from 'vitest';
import { silentLog } from '../../../src/kernel/log.ts';
import { connectToLegacy, endConnection } from '../../../src/sync/postgres/legacy-connection.ts';
import { readPublicationMarks } from '../../../src/sync/postgres/publication.ts';
import { withdrawExposed } from '../../../src/sync/postgres/withdraw-exposed.ts';
import { setupSync } from '../fixtures.ts';

const timeout = 60_000;

test('a table that is locked is left before the lock is waited for, and the wait has an end', { timeout }, async () => {
  await using setup = await setupSync();
  await setup.legacy.raw('CREATE SCHEMA "select"');
  await setup.legacy.raw('CREATE TABLE "select"."order" (id int)');
  await setup.legacy.raw('CREATE PUBLICATION "table" FOR TABLE "select"."order", orders');
  await setup.legacy.raw('CREATE TABLE of_it () INHERITS ("select"."order")');
  const client = await connectToLegacy(setup.legacyUrl, 'test');
  const findings = ['select.order', 'public.items'].map((subject) => ({
    id: 'replica-identity' as const,
    severity: 'error' as const,
    subject,
    problem: 'It has none.',
    remedy: 'Give it one.',
  }));
  const told: unknown[] = [];
  const lock = await setup.legacy.transaction();
  try {
    await lock.raw('LOCK TABLE "select"."order" IN SHARE MODE');
    await withdrawExposed(client, 'table', findings, {
      onExposed: (table) => void told.push(table),
      budgetMs: 300,
      log: { ...silentLog, error: (fields: unknown): void => void told.push(fields) },
    });
    const remedy = 'ALTER PUBLICATION "table" DROP TABLE ONLY "select"."order";';
    const error = expect.stringContaining('lock timeout') as string;
    expect(told).toEqual(['select.order', { table: 'select.order', remedy, error }]);
  } finally {
    await lock.rollback();
  }
  told.length = 0;
  await withdrawExposed(client, 'table', findings, {
    onExposed: (table) => void told.push(table),
    budgetMs: 10_000,
    log: silentLog,
  });
  expect(told).toEqual(['select.order']);
  expect([...(await readPublicationMarks(client, 'table'))!.keys()]).toEqual(['public.orders']);
  await endConnection(client);
});
