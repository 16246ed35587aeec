import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { officeLock, Tenure } from '../../../../src/sync/kafka/transport/tenure.ts';
import { tellSeat, tryLock } from '../../../../src/store/seat-store.ts';
import { createStoreDatabase } from '../../../support/test-database.ts';
import { until } from '../../../support/until.ts';

const office = { migration: 'shop', office: 'leader' } as const;
const never = new AbortController().signal;

test('one holds an office at a time, of one migration; who waits has it when it is given up', async () => {
  await using store = await createStoreDatabase();
  const first = await Tenure.take(store.url, office, never);
  await using other = await Tenure.take(store.url, { ...office, migration: 'bank' }, never);
  await using projector = await Tenure.take(store.url, { ...office, office: 'projector' }, never);
  expect([first, other, projector].every((each) => each?.lost.aborted === false)).toBe(true);
  const waiting = Tenure.take(store.url, office, never);
  let isOver = false;
  const second = waiting.finally(() => (isOver = true));
  await until('the second asks', () => sessions(store.url, 'fig leader').then((count) => count >= 3));
  expect(isOver).toBe(false);
  await first![Symbol.asyncDispose]();
  expect(first!.lost.aborted).toBe(true);
  await using held = await second;
  expect(held?.lost.aborted).toBe(false);
});

test('who waits is let go when the signal aborts, and holds nothing', async () => {
  await using store = await createStoreDatabase();
  const first = await Tenure.take(store.url, office, never);
  const stop = new AbortController();
  const waiting = Tenure.take(store.url, office, stop.signal);
  stop.abort();
  expect(await waiting).toBeUndefined();
  await first![Symbol.asyncDispose]();
  await using again = await Tenure.take(store.url, office, never);
  expect(again).toBeDefined();
});

test('an office is known to be lost as soon as its session is ended, and another may take it', async () => {
  await using store = await createStoreDatabase();
  await using first = await Tenure.take(store.url, office, never);
  const client = new Client({ connectionString: store.url });
  await client.connect();
  await client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fig leader' AND datname = current_database()`,
  );
  await client.end();
  await until('it is known', () => first!.lost.aborted);
  await using second = await Tenure.take(store.url, office, never);
  expect(second?.lost.aborted).toBe(false);
});

test('one that stands still is replaced, also when it has done so for longer than those that are gone are remembered', async () => {
  await using store = await createStoreDatabase();
  const stuck = new Client({ connectionString: store.url, application_name: 'fig leader' });
  stuck.on('error', () => undefined); // It is ended.
  await stuck.connect();
  const entry = { ...office, process: randomUUID(), able: [] };
  await tryLock(stuck, officeLock('leader', 'shop'), 'exclusive');
  await tellSeat(stuck, entry, []);
  await stuck.query(`UPDATE fig.seat SET seen_at = seen_at - interval '1 hour'`);
  await using second = await Tenure.take(store.url, office, AbortSignal.timeout(15_000));
  expect(second?.lost.aborted).toBe(false);
});

async function sessions(url: string, name: string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query(
      'SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()',
      [name],
    );
    return rows[0].n;
  } finally {
    await client.end();
  }
}
