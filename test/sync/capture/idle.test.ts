import { Client } from 'pg';
import { expect, test } from 'vitest';
import { parsePosition, type Position } from '../../../src/kernel/position.ts';
import type { Capture } from '../../../src/sync/capture/capture.ts';
import { Heartbeat } from '../../../src/sync/capture/heartbeat.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { until } from '../../support/until.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';
import { soon } from '../two-models.ts';

async function seed({ legacy }: SyncSetup): Promise<void> {
  await legacy.raw(`INSERT INTO customers (name) SELECT 'customer ' || n FROM generate_series(1, 5) n`);
  await legacy.raw('INSERT INTO orders (customer_id) SELECT 1 + n % 5 FROM generate_series(1, 20) n');
}

async function ready(capture: Capture): Promise<void> {
  await until('the read model is ready', () => capture.progressOf('summary').state === 'ready');
}

async function slotOf({ legacy }: SyncSetup): Promise<{ confirmed: Position; restart: Position; now: Position }> {
  const { rows } = await legacy.raw(
    `SELECT confirmed_flush_lsn::text AS confirmed, restart_lsn::text AS restart, pg_current_wal_lsn()::text AS now
       FROM pg_replication_slots WHERE database = current_database()`,
  );
  const { confirmed, restart, now } = rows[0];
  return { confirmed: parsePosition(confirmed), restart: parsePosition(restart), now: parsePosition(now) };
}

test('a database without any traffic lets go of the log that other databases of its server write', async () => {
  await using sync = await setupSync();
  await using busy = await createTestDatabase();
  await seed(sync);
  const capture = sync.startCapture(soon);
  await ready(capture);
  const other = new Client({ connectionString: busy.url });
  await other.connect();
  try {
    const before = await slotOf(sync);
    for (let n = 0; n < 4; n += 1) {
      await other.query(`SELECT pg_logical_emit_message(true, 'padding', repeat('x', 5000000))`);
    }
    const { now } = await slotOf(sync);
    expect(now - before.now).toBeGreaterThan(20_000_000n);
    await until('the slot has confirmed what came', async () => (await slotOf(sync)).confirmed >= now);
    // What has to be read again after a restart moves only past a record of what runs, as checkpoints write.
    await until('the server may remove the log', async () => {
      await other.query('CHECKPOINT');
      return (await slotOf(sync)).restart >= now;
    });
    const stored = await sync.target('fig.projection').first('position');
    expect(BigInt(stored.position) >= now).toBe(true);
  } finally {
    await other.end();
  }
});

test('markers and nudges alone are not written to the store one by one, yet their positions are reached at once', async () => {
  await using sync = await setupSync();
  await seed(sync);
  const capture = sync.startCapture();
  await ready(capture);
  const stored = async (): Promise<unknown> => (await sync.target('fig.projection').first('xmin')).xmin;
  const before = await stored();
  let writes = 0;
  for (let n = 0, last = before; n < 20; n += 1) {
    const position = await capture.source.read();
    capture.source.nudge();
    expect(await capture.applied('summary')!.waitFor(position, 10_000)).toBe(true);
    const now = await stored();
    if (now !== last) writes += 1;
    last = now;
  }
  expect(writes).toBeLessThan(10);
});

test('a heartbeat is due only while the stream does not come as far as the log was at the last look', () => {
  const heartbeat = new Heartbeat();
  expect(heartbeat.isDue(100n, 50n, 0)).toBe(false);
  expect(heartbeat.isDue(200n, 100n, 500)).toBe(false);
  expect(heartbeat.isDue(300n, 150n, 1_000)).toBe(true);
  expect(heartbeat.isDue(300n, 150n, 1_500)).toBe(false);
  expect(heartbeat.isDue(300n, 150n, 2_000)).toBe(true);
  expect(heartbeat.isDue(300n, 300n, 4_000)).toBe(false);
});
