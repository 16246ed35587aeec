import { describe, expect, test, type TestContext } from 'vitest';
import { openTarget, type TargetTimes } from '../../../src/sync/open-target.ts';
import { until } from '../../support/until.ts';
import { Door } from '../../support/door.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';
import { seedOrders } from '../poison.ts';
import { summary } from '../summary-model.ts';
import { bothAreRight, caughtUp, otherModel, shortRests, untilFailed } from '../two-models.ts';

/** Longer than any test takes. */
const never = { lockMs: 600_000, idleMs: 600_000, lookEveryMs: 600_000 };

async function started({ onTestFinished }: TestContext) {
  const setup = await setupSync();
  onTestFinished(() => setup[Symbol.asyncDispose]());
  await seedOrders(setup, 30);
  return setup;
}

/** Waits as it is told for locks and transactions of two read models, of which the second may get stuck. */
async function capturing(
  { onTestFinished }: TestContext,
  setup: SyncSetup,
  times: Partial<TargetTimes>,
  { build = summary.build, url = setup.targetUrl } = {},
) {
  const target = openTarget(url, 8, { ...never, ...times });
  const capture = setup.startCapture({
    target,
    readModels: [summary, otherModel({ build })],
    setbackRests: shortRests,
  });
  onTestFinished(async () => {
    await capture.stop();
    await target.destroy();
  });
  await caughtUp(capture, 'summary');
  await caughtUp(capture, 'other');
  return capture;
}

/** A build that can be made to wait for something that never comes. */
function stuckWhen(isStuck: () => boolean): typeof summary.build {
  return (keys, mirror, db) => (isStuck() ? new Promise(() => undefined) : summary.build(keys, mirror, db));
}

// Side by side: each is mostly waiting.
describe.concurrent('a target that stands still', () => {
  test('a lock that is never given fails the read model that waits for it, and the other goes on', async (context) => {
    const setup = await started(context);
    const capture = await capturing(context, setup, { lockMs: 500 });
    const lock = await setup.target.transaction();
    try {
      await lock.raw('LOCK TABLE rm_other_v1.other IN ACCESS EXCLUSIVE MODE');
      await setup.legacy.raw(`UPDATE orders SET note = 'while it is locked'`);
      await untilFailed(capture);
      expect(capture.progressOf('other').error).toContain('lock timeout');
      await caughtUp(capture, 'summary');
      expect(await setup.actual()).toEqual(await setup.expected());
    } finally {
      await lock.rollback();
    }
    await caughtUp(capture, 'other');
    await bothAreRight(setup);
  });

  test('a build that waits for something that never comes fails its read model, and the other goes on', async (context) => {
    const setup = await started(context);
    let isStuck = false;
    const capture = await capturing(context, setup, { idleMs: 500 }, { build: stuckWhen(() => isStuck) });
    isStuck = true;
    await setup.legacy.raw(`UPDATE orders SET note = 'while it is stuck'`);
    await untilFailed(capture);
    await caughtUp(capture, 'summary');
    expect(await setup.actual()).toEqual(await setup.expected());
    isStuck = false;
    await caughtUp(capture, 'other');
    await bothAreRight(setup);
  });

  test('a target that was cut off without a word is noticed, and capture goes on over new connections', async (context) => {
    const setup = await started(context);
    const url = new URL(setup.targetUrl);
    const door = new Door({ host: url.hostname, port: Number(url.port) });
    await door.open();
    context.onTestFinished(() => door.shut());
    url.port = String(door.port);
    const capture = await capturing(context, setup, { lookEveryMs: 300 }, { url: url.href });
    for (const note of ['first', 'second']) {
      door.silence();
      await setup.legacy.raw('UPDATE orders SET note = ?', [note]);
      await caughtUp(capture, 'summary');
      await caughtUp(capture, 'other');
      await bothAreRight(setup);
    }
  });

  test('a statement that takes long is waited for', async (context) => {
    const setup = await started(context);
    let slept = 0;
    let failures = 0;
    const capture = await capturing(
      context,
      setup,
      { lookEveryMs: 100, lockMs: 500, idleMs: 500 },
      {
        build: async (keys, mirror, db) => {
          if (slept < 0) {
            await db.raw('SELECT pg_sleep(2)');
            slept = 1;
          }
          return summary.build(keys, mirror, db);
        },
      },
    );
    slept = -1;
    await setup.legacy.raw(`UPDATE orders SET note = 'slowly'`);
    const unwatch = setInterval(() => (failures += capture.progressOf('other').state === 'failed' ? 1 : 0), 20);
    await caughtUp(capture, 'other');
    clearInterval(unwatch);
    expect({ slept, failures }).toEqual({ slept: 1, failures: 0 });
    await bothAreRight(setup);
  });

  test.for(['waits for a lock', 'is stuck in a build'])(
    'capture stops within seconds while it %s',
    { timeout: 120_000 },
    async (how, context) => {
      const setup = await started(context);
      let isStuck = false;
      const capture = await capturing(context, setup, {}, { build: stuckWhen(() => isStuck) });
      isStuck = how === 'is stuck in a build';
      const lock = await setup.target.transaction();
      try {
        if (!isStuck) await lock.raw('LOCK TABLE rm_other_v1.other IN ACCESS EXCLUSIVE MODE');
        await setup.legacy.raw(`UPDATE orders SET note = 'while it stops'`);
        // Not by position: other databases of the server write, and what comes later waits for both read models.
        const noted = setup.target('rm_summary_v1.summary').where({ note: 'while it stops' });
        await until('the other one has it', async () => (await noted.clone().select('note')).length === 30);
        const began = performance.now();
        await capture.stop();
        expect(performance.now() - began).toBeLessThan(15_000);
      } finally {
        await lock.rollback();
      }
    },
  );
});
