import { expect, test } from 'vitest';
import type { Position } from '../../../src/kernel/position.ts';
import type { Capture } from '../../../src/sync/capture/capture.ts';
import { until } from '../../support/until.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';
import { OwnServer } from '../support/own-server.ts';

async function seed({ legacy }: SyncSetup): Promise<void> {
  await legacy.raw(`INSERT INTO customers (name) SELECT 'customer ' || n FROM generate_series(1, 5) n`);
  await legacy.raw('INSERT INTO orders (customer_id) SELECT 1 + n % 5 FROM generate_series(1, 500) n');
}

async function caughtUp(capture: Capture): Promise<void> {
  await until('the read model is ready', () => capture.progressOf('summary').state === 'ready', 60_000);
  await until('everything is applied', async () => {
    const position = await capture.source.read();
    return (await capture.applied('summary')!.waitFor(position, 1_000)) && capture.status().state === 'streaming';
  });
}

/** Notes every position that readers are told, to see that they were sent to legacy in between. */
function positions(): {
  seen: (Position | undefined)[];
  onPosition: (model: string, at: Position | undefined) => void;
} {
  const seen: (Position | undefined)[] = [];
  return { seen, onPosition: (_model, at) => void seen.push(at) };
}

const slotOf = async ({ legacy }: SyncSetup): Promise<Record<string, string> | undefined> => {
  const found = await legacy.raw(
    'SELECT slot_name, wal_status, active_pid FROM pg_replication_slots WHERE database = current_database()',
  );
  return found.rows[0];
};

test(
  'a slot whose log the server gave up leads by itself to legacy, a new slot, a new build, and back',
  { timeout: 90_000 },
  async () => {
    await using server = await OwnServer.start({
      max_slot_wal_keep_size: '1MB',
      min_wal_size: '32MB',
      max_wal_size: '32MB',
    });
    await using sync = await setupSync({ legacyServer: server.url('postgres') });
    await seed(sync);
    const { seen, onPosition } = positions();
    const capture = sync.startCapture({ onPosition });
    await caughtUp(capture);
    seen.length = 0;
    // A forgotten transaction keeps the slot from letting go of the log.
    const forgotten = await sync.legacy.transaction();
    await forgotten.raw(`UPDATE orders SET note = 'from the forgotten one' WHERE id = 1`);
    await until('the slot is lost', async () => {
      await sync.legacy.raw(`SELECT pg_logical_emit_message(false, 'padding', repeat('x', 20000000))`);
      await sync.legacy.raw('CHECKPOINT');
      return (await slotOf(sync))?.['wal_status'] === 'lost';
    });
    await sync.legacy.raw(`UPDATE orders SET note = 'while it was lost' WHERE id = 2`);
    await until(
      'readers are sent to legacy',
      () => seen.includes(undefined) && capture.applied('summary')!.current() === undefined,
    );
    await forgotten.commit();
    await caughtUp(capture);
    expect((await slotOf(sync))?.['wal_status']).not.toBe('lost');
    expect(await sync.actual()).toEqual(await sync.expected());
  },
);

test('a slot that somebody drops while capture runs is made again, and nothing is missing afterwards', async () => {
  await using sync = await setupSync();
  await seed(sync);
  const { seen, onPosition } = positions();
  const capture = sync.startCapture({ onPosition });
  await caughtUp(capture);
  seen.length = 0;
  await until('the slot could be dropped', async () => {
    const slot = await slotOf(sync);
    await sync.legacy.raw('SELECT pg_terminate_backend(?)', [slot!['active_pid']!]);
    await sync.legacy.raw('SELECT pg_drop_replication_slot(?)', [slot!['slot_name']!]);
    return true;
  });
  await sync.legacy.raw(`UPDATE orders SET note = 'while there was no slot'`);
  await until('readers were sent to legacy', () => seen.includes(undefined));
  await caughtUp(capture);
  expect(await sync.actual()).toEqual(await sync.expected());
});

test(
  'a server that was set back loses what was applied from it, also when its log has grown past it since',
  { timeout: 90_000 },
  async () => {
    await using server = await OwnServer.start();
    await using sync = await setupSync({ legacyServer: server.url('postgres') });
    await seed(sync);
    const first = sync.startCapture();
    await caughtUp(first);
    await first.stop();
    await server.backUp();

    const second = sync.startCapture();
    await sync.legacy.raw(`UPDATE orders SET note = 'lost in the restore' WHERE id = 3`);
    await caughtUp(second);
    await second.stop();
    await server.restore();

    const { seen, onPosition } = positions();
    await sync.legacy.raw(`SELECT pg_logical_emit_message(true, 'padding', repeat('x', 1000000))`);
    await sync.legacy.raw(`UPDATE orders SET note = 'after the restore' WHERE id = 4`);
    const third = sync.startCapture({ onPosition });
    await caughtUp(third);
    expect(seen[0]).toBeUndefined();
    expect(await sync.actual()).toEqual(await sync.expected());
  },
);

test(
  'a new timeline that has all that was applied, as after an orderly failover, is gone on with',
  { timeout: 90_000 },
  async () => {
    await using server = await OwnServer.start();
    await using sync = await setupSync({ legacyServer: server.url('postgres') });
    await seed(sync);
    const first = sync.startCapture();
    await caughtUp(first);
    await first.stop();
    await server.backUp();
    await server.restore();

    const { seen, onPosition } = positions();
    const second = sync.startCapture({ onPosition });
    await sync.legacy.raw(`UPDATE orders SET note = 'after the failover' WHERE id = 4`);
    await caughtUp(second);
    expect(seen).not.toContain(undefined);
    expect(await sync.target('fig.projection').first('timeline')).toEqual({ timeline: 2 });
    expect(await sync.actual()).toEqual(await sync.expected());
  },
);
