import { describe, expect, test } from 'vitest';
import type { Capture } from '../../../src/sync/capture/capture.ts';
import { judgeSilence } from '../../../src/sync/postgres/judge-silence.ts';
import { Door } from '../../support/door.ts';
import { until } from '../../support/until.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';
import { seedOrders } from '../poison.ts';
import { caughtUp, walSender } from '../two-models.ts';

const BUDGET_MS = 40_000;

interface BehindDoor extends AsyncDisposable {
  readonly setup: SyncSetup;
  readonly door: Door;
  /** Capture that comes to legacy by the door. */
  readonly start: (more?: Parameters<SyncSetup['startCapture']>[0]) => Capture;
}

/** A legacy database with so many orders behind a door, whose server asks to be answered within three seconds. */
async function behindDoor(orders: number): Promise<BehindDoor> {
  const setup = await setupSync();
  await seedOrders(setup, orders);
  const url = new URL(setup.legacyUrl);
  await setup.legacy.raw('ALTER DATABASE ?? SET wal_sender_timeout = 3000', [url.pathname.slice(1)]);
  const door = new Door({ host: url.hostname, port: Number(url.port) });
  await door.open();
  url.host = `127.0.0.1:${door.port}`;
  return {
    setup,
    door,
    start: (more = {}) => setup.startCapture({ url: url.href, ...more }),
    [Symbol.asyncDispose]: async () => {
      await setup[Symbol.asyncDispose]();
      await door.shut();
    },
  };
}

// Side by side: each is mostly waiting.
describe.concurrent('behind a door', () => {
  test('a connection that is cut without a word is noticed, and another one is made', async () => {
    await using legacy = await behindDoor(10);
    const { setup, door, start } = legacy;
    const capture = start();
    await caughtUp(capture, 'summary');
    const sender = await walSender(setup);
    door.silence();
    await setup.legacy.raw(`UPDATE orders SET note = 'written meanwhile'`);
    await until('the change has come', async () => (await setup.actual()).join().includes('meanwhile'), BUDGET_MS);
    expect(await walSender(setup)).not.toBe(sender);
    await caughtUp(capture, 'summary');
    expect(await setup.actual()).toEqual(await setup.expected());
  }, 90_000);

  test('a first copy whose connection is cut goes on over another one', async () => {
    await using legacy = await behindDoor(3_000);
    const { setup, door, start } = legacy;
    let isCut = false;
    const capture = start({
      onProgress: ({ stage, done, total }) => {
        if (isCut || stage !== 'copying' || done === 0 || done >= total) return;
        isCut = true;
        door.silence();
      },
    });
    await until('it is copied', () => isCut && capture.progressOf('summary').state === 'ready', BUDGET_MS);
    await caughtUp(capture, 'summary');
    expect(await setup.actual()).toEqual(await setup.expected());
  }, 90_000);

  test('a server that has nothing to say is not taken for one that is gone', async () => {
    await using legacy = await behindDoor(10);
    const { setup, start } = legacy;
    const capture = start();
    await caughtUp(capture, 'summary');
    const sender = await walSender(setup);
    await until('it has been connected for longer than it may be silent', async () => {
      const old = await setup.legacy.raw(
        `SELECT FROM pg_stat_replication WHERE pid = ? AND reply_time - backend_start > interval '9 seconds'`,
        [sender!],
      );
      return old.rowCount > 0;
    });
    expect(await walSender(setup)).toBe(sender);
  }, 60_000);

  test('a message that takes longer to arrive than the server may be silent is waited for', async () => {
    await using legacy = await behindDoor(10);
    const { setup, door, start } = legacy;
    const first = start();
    await caughtUp(first, 'summary');
    await first.stop();
    // Random, so that nothing makes it shorter on its way.
    await setup.legacy.raw(
      `UPDATE orders SET note = (SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 12000)) WHERE id = 1`,
    );
    await setup.legacy.raw(`UPDATE orders SET note = 'after the long one' WHERE id = 2`);
    door.trickle = 5_000;
    start();
    const sender = await until('it is connected', () => walSender(setup));
    await until('it has come', async () => (await setup.actual()).join().includes('after the long one'), BUDGET_MS);
    expect(await walSender(setup)).toBe(sender);
    expect(await setup.actual()).toEqual(await setup.expected());
  }, 90_000);
});

test('silence is taken for an end after the time in which the server expects an answer itself', () => {
  expect(judgeSilence(29_000, 60_000)).toBe('fine');
  expect(judgeSilence(30_000, 60_000)).toBe('ask');
  expect(judgeSilence(60_000, 60_000)).toBe('ask');
  expect(judgeSilence(61_000, 60_000)).toBe('cut');
  expect(judgeSilence(61_000, 0)).toBe('fine');
  expect(judgeSilence(301_000, 0)).toBe('cut');
});
