import { describe, expect, test } from 'vitest';
import { judgeSilence } from '../../../src/sync/postgres/judge-silence.ts';
import { Door } from '../../support/door.ts';
import { until } from '../../support/until.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';
import { seedOrders } from '../poison.ts';
import { caughtUp, walSender } from '../two-models.ts';

const BUDGET_MS = 40_000;

/** A legacy database behind a door, whose server asks to be answered within three seconds. */
async function behindDoor(setup: SyncSetup): Promise<{ door: Door; url: string }> {
  const url = new URL(setup.legacyUrl);
  await setup.legacy.raw('ALTER DATABASE ?? SET wal_sender_timeout = 3000', [url.pathname.slice(1)]);
  const door = new Door({ host: url.hostname, port: Number(url.port) });
  await door.open();
  url.host = `127.0.0.1:${door.port}`;
  return { door, url: url.href };
}

// Side by side: each is mostly waiting.
describe.concurrent('behind a door', () => {
  test('a connection that is cut without a word is noticed, and another one is made', async () => {
    await using setup = await setupSync();
    await seedOrders(setup, 10);
    const { door, url } = await behindDoor(setup);
    const capture = setup.startCapture({ url });
    await caughtUp(capture, 'summary');
    const sender = await walSender(setup);
    door.silence();
    await setup.legacy.raw(`UPDATE orders SET note = 'written meanwhile'`);
    await until('the change has come', async () => (await setup.actual()).join().includes('meanwhile'), BUDGET_MS);
    expect(await walSender(setup)).not.toBe(sender);
    await caughtUp(capture, 'summary');
    expect(await setup.actual()).toEqual(await setup.expected());
    await capture.stop();
    await door.shut();
  }, 90_000);

  test('a first copy whose connection is cut goes on over another one', async () => {
    await using setup = await setupSync();
    await seedOrders(setup, 3_000);
    const { door, url } = await behindDoor(setup);
    let isCut = false;
    const capture = setup.startCapture({
      url,
      onProgress: ({ stage, done, total }) => {
        if (isCut || stage !== 'copying' || done === 0 || done >= total) return;
        isCut = true;
        door.silence();
      },
    });
    await until('it is copied', () => isCut && capture.progressOf('summary').state === 'ready', BUDGET_MS);
    await caughtUp(capture, 'summary');
    expect(await setup.actual()).toEqual(await setup.expected());
    await capture.stop();
    await door.shut();
  }, 90_000);

  test('a server that has nothing to say is not taken for one that is gone', async () => {
    await using setup = await setupSync();
    await seedOrders(setup, 10);
    const { door, url } = await behindDoor(setup);
    const capture = setup.startCapture({ url });
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
    await capture.stop();
    await door.shut();
  }, 60_000);

  test('a message that takes longer to arrive than the server may be silent is waited for', async () => {
    await using setup = await setupSync();
    await seedOrders(setup, 10);
    const { door, url } = await behindDoor(setup);
    const first = setup.startCapture({ url });
    await caughtUp(first, 'summary');
    await first.stop();
    // Random, so that nothing makes it shorter on its way.
    await setup.legacy.raw(
      `UPDATE orders SET note = (SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 12000)) WHERE id = 1`,
    );
    await setup.legacy.raw(`UPDATE orders SET note = 'after the long one' WHERE id = 2`);
    door.trickle = 5_000;
    const second = setup.startCapture({ url });
    const sender = await until('it is connected', () => walSender(setup));
    await until('it has come', async () => (await setup.actual()).join().includes('after the long one'), BUDGET_MS);
    expect(await walSender(setup)).toBe(sender);
    expect(await setup.actual()).toEqual(await setup.expected());
    await second.stop();
    await door.shut();
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
