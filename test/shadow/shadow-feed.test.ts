import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { createSharedPositions } from '../../shadow/shared-position.ts';
import { startShadowFeed, type ShadowFeed, type ShadowFeedOptions } from '../../shadow/shadow-feed.ts';
import type { ShadowWorkerData } from '../../shadow/worker-protocol.ts';
import { silentLog, type Log } from '../../src/kernel/log.ts';
import type { Verdict } from '../../src/kernel/verdict.ts';
import { DifferenceStore } from '../../src/store/difference-store.ts';
import { EvidenceStore } from '../../src/store/evidence-store.ts';
import { createEvidenceTestStore } from '../store/evidence-test-store.ts';
import { exchangeOf, jsonBody } from './exchanges.ts';
import { startTestLegacy } from './test-legacy.ts';

const workerUrl = new URL('../../dist/shadow/worker.js', import.meta.url);
const features = ['orders', 'elsewhere', 'nobody'];
const settings = { candidateTimeoutMs: 300, legacyTimeoutMs: 2_000, fenceBudgetMs: 300, settleMs: 1 };

beforeAll(() => {
  if (!existsSync(workerUrl)) throw new Error('dist/shadow/worker.js is missing: run npm run build before the tests');
});

interface Running extends AsyncDisposable {
  readonly feed: ShadowFeed;
  readonly verdicts: string[];
  readonly logged: string[];
  readonly evidence: EvidenceStore;
  readonly differences: DifferenceStore;
}

async function start(
  more: Partial<ShadowFeedOptions> = {},
  data: Partial<ShadowWorkerData> = {},
  applied: bigint | undefined = 10n,
): Promise<Running> {
  const db = await createEvidenceTestStore();
  const legacy = await startTestLegacy();
  const positions = createSharedPositions(features);
  positions.publish('orders', applied);
  const verdicts: string[] = [];
  const logged: string[] = [];
  const write = (fields: object, message: string): void => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const log: Log = { debug: write, info: write, warn: write, error: write };
  const feed = await startShadowFeed({
    workerUrl,
    workerData: {
      configFile: undefined,
      storeUrl: db.url,
      legacyUrl: legacy.url.href,
      legacyDatabaseUrl: 'postgres://unused',
      candidateModule: new URL('./fixtures/candidates.mjs', import.meta.url).href,
      position: positions.buffer,
      positionKeys: features,
      settings,
      ...data,
    },
    features,
    onVerdict: (feature: string, route: string, verdict: Verdict) => verdicts.push(`${feature} ${route} ${verdict}`),
    log,
    ...more,
  });
  return {
    feed,
    verdicts,
    logged,
    evidence: new EvidenceStore(db.knex),
    differences: new DifferenceStore(db.knex),
    [Symbol.asyncDispose]: async () => {
      await feed.stop();
      await legacy[Symbol.asyncDispose]();
      await db[Symbol.asyncDispose]();
    },
  };
}

async function compared({ feed }: Running, count: number): Promise<void> {
  await vi.waitFor(() => expect(feed.stats()).toMatchObject({ compared: count, queued: 0, queuedBytes: 0 }), 10_000);
}

describe('a worker that runs', () => {
  test('turns exchanges into verdicts, evidence and differences', async () => {
    await using running = await start();
    const { feed } = running;
    expect(feed.wants('orders', 'GET /orders/:id')).toBe(true);
    for (const target of [
      '/orders/1?page=1',
      '/orders/1?page=1',
      '/lagging',
      '/wrong?email=ada@example.org',
      '/throw',
      '/garbage',
      '/hang',
    ]) {
      feed.offer(exchangeOf(target));
    }
    feed.offer(exchangeOf('/fallback', { candidateFailure: 'timeout', reads: { phase: 'canary', percent: 5 } }));
    feed.offer(exchangeOf('/live', { servedBy: 'candidate', reads: { phase: 'live', percent: 100 } }));
    feed.offer(exchangeOf('/orders/2', { answer: { status: 502, headers: [], body: jsonBody('') } }));
    await compared(running, 10);
    await feed.stop();

    const counts = { match: 1, mismatch: 1, stale: 1, error: 3, raced: 0, undetermined: 0, skipped: 1 };
    const summary = await running.evidence.summarize('orders', 'f1', 'shadow');
    expect(summary).toMatchObject({ verdicts: counts, critical: 0, uncovered: [] });
    expect(await running.evidence.summarize('orders', 'f1', 'canary 5%')).toMatchObject({ verdicts: { error: 1 } });
    expect(await running.evidence.summarize('orders', 'f1', 'live')).toMatchObject({ verdicts: { match: 1 } });

    const groups = await running.differences.listGroups('orders', 'f1');
    expect(groups.map(({ path, count }) => `${path} ${count}`).toSorted()).toEqual([
      '$.path 1',
      'error failed 1',
      'error invalid 1',
      'error timeout 2',
    ]);
    const wrong = groups.find(({ path }) => path === '$.path');
    expect(wrong?.samples[0]).toMatchObject({
      question: expect.stringMatching(/^GET \/wrong\?email=<redacted:\w+>$/),
      at: '$.path',
      legacy: expect.stringMatching(/^"\/wrong\?email=<redacted:\w+>"$/),
    });
    expect(JSON.stringify(groups)).not.toContain('ada@');
    expect(feed.stats().workerRestarts).toBe(0);
  });

  test('says undetermined while the read model has not reached the fence', async () => {
    await using running = await start({}, {}, 9n);
    running.feed.offer(exchangeOf('/wrong'));
    await compared(running, 1);
    expect(running.verdicts).toEqual(['orders GET /orders/:id undetermined']);
  });

  test('gives time in place of a fence to a candidate whose position cannot be known, and says so', async () => {
    await using running = await start();
    running.feed.offer(exchangeOf('/wrong', { feature: 'elsewhere' }));
    await compared(running, 1);
    await running.feed.stop();
    expect(await running.evidence.reasons('elsewhere', 'f1', 'shadow')).toMatchObject([
      { verdict: 'mismatch', reason: 'settled', count: 1 },
    ]);
  });

  test('leaves the body of the user alone', async () => {
    await using running = await start();
    const pooled = Buffer.from('{"path":"/orders/1"}');
    running.feed.offer(
      exchangeOf('/orders/1', { answer: { status: 200, headers: ['content-type', 'application/json'], body: pooled } }),
    );
    expect(pooled.toString()).toBe('{"path":"/orders/1"}');
    await compared(running, 1);
    expect(running.verdicts).toEqual(['orders GET /orders/:id match']);
  });

  test('a rejection that a handler leaves behind costs nothing', async () => {
    await using running = await start();
    running.feed.offer(exchangeOf('/floating'));
    running.feed.offer(exchangeOf('/orders/1'));
    await compared(running, 2);
    expect(running.feed.stats().workerRestarts).toBe(0);
    await vi.waitFor(() => expect(running.logged.join()).toContain('nobody waits for this'));
  });
});

describe('a queue that is full', () => {
  test('drops and counts, by number and by bytes, and takes copies again when there is room', async () => {
    await using running = await start({ limits: { items: 2, bytes: 10_000 } });
    const { feed } = running;
    const large = exchangeOf('/orders/1', { answer: { status: 200, headers: [], body: Buffer.alloc(9_900) } });
    feed.offer(large);
    expect(feed.stats()).toMatchObject({ queued: 0, dropped: { 'queue-full': 1 } });
    feed.offer(exchangeOf('/orders/1'));
    feed.offer(exchangeOf('/orders/2'));
    expect(feed.stats()).toMatchObject({ queued: 2 });
    expect(feed.wants('orders', 'x')).toBe(false);
    feed.offer(exchangeOf('/orders/3'));
    expect(feed.stats()).toMatchObject({ queued: 2, dropped: { 'queue-full': 3 } });
    await compared(running, 2);
    expect(feed.wants('orders', 'x')).toBe(true);
  });

  test('what the proxy drops is counted by reason, and unknown features are of no interest', async () => {
    await using running = await start();
    running.feed.dropped('orders', 'x', 'too-large');
    running.feed.dropped('orders', 'x', 'aborted');
    expect(running.feed.stats().dropped).toEqual({
      'not-sampled': 0,
      'from-shadow': 0,
      writes: 0,
      'over-budget': 0,
      'queue-full': 0,
      'too-large': 1,
      aborted: 1,
      'worker-down': 0,
      'legacy-strain': 0,
      parked: 0,
    });
    expect(running.feed.wants('invoices', 'x')).toBe(false);
  });
});

describe('a budget that is used up', () => {
  test('leaves questions out and counts them', async () => {
    await using running = await start({ maxPerSecond: 0.2 });
    const { feed } = running;
    expect(feed.wants('orders', 'GET /orders/:id')).toBe(true);
    expect(feed.wants('orders', 'GET /orders/:id')).toBe(false);
    expect(feed.wants('elsewhere', 'GET /')).toBe(false);
    expect(feed.wants('invoices', 'of a feature it does not know')).toBe(false);
    expect(feed.stats()).toMatchObject({ perSecond: 0.2, queued: 0, dropped: { 'over-budget': 2 } });
  });
});

describe('a worker that dies', () => {
  test.each([
    ['throws outside of any question', '/crash', {}],
    ['ends the thread', '/exit', {}],
    ['spins', '/spin', { stuckMs: 1_000 }],
    ['fills its heap', '/heap', { maxHeapMb: 64 }],
  ])('because its candidate %s is replaced, and what it held is counted', async (_, target, more) => {
    await using running = await start(more);
    const { feed } = running;
    feed.offer(exchangeOf(target));
    await vi.waitFor(() => expect(feed.stats().workerRestarts).toBe(1), 15_000);
    await vi.waitFor(() => expect(feed.wants('orders', 'x')).toBe(true), 10_000);
    const { compared: before, dropped } = feed.stats();
    expect(before + dropped['worker-down']).toBeGreaterThanOrEqual(1);
    feed.offer(exchangeOf('/orders/1'));
    await compared(running, before + 1);
    expect(running.logged.join()).toContain('FIG_SHADOW_WORKER_DIED');
  });

  test('before it was ready is tried again, and copies are counted as dropped meanwhile', async () => {
    await using running = await start({}, { configFile: 'broken' });
    await vi.waitFor(() => expect(running.feed.stats().workerRestarts).toBeGreaterThanOrEqual(1));
    expect(running.logged.join()).toContain('the config is broken');
    const lost = await vi.waitFor(() => {
      running.feed.wants('orders', 'x');
      const { dropped } = running.feed.stats();
      expect(dropped['worker-down']).toBeGreaterThan(0);
      return dropped['worker-down'];
    });
    expect(lost).toBeGreaterThan(0);
  });

  test('a worker file that is not there is said at once', async () => {
    const missing = new URL('./fixtures/no-such-worker.js', import.meta.url);
    const position = createSharedPositions(features).buffer;
    const unused = { configFile: undefined, storeUrl: '', legacyUrl: '', legacyDatabaseUrl: '', candidateModule: '' };
    const started = startShadowFeed({
      workerUrl: missing,
      workerData: { ...unused, position, positionKeys: features },
      features,
      log: silentLog,
    });
    await expect(started).rejects.toMatchObject({ code: 'FIG_SHADOW_WORKER_DIED' });
  });
});

test('stopping is quick and final even while a candidate spins', async () => {
  await using running = await start({ stopBudgetMs: 100 });
  running.feed.offer(exchangeOf('/spin'));
  await Promise.all([running.feed.stop(), running.feed.stop()]);
  expect(running.feed.wants('orders', 'x')).toBe(false);
  running.feed.offer(exchangeOf('/orders/1'));
  expect(running.feed.stats()).toMatchObject({ queued: 0, dropped: { 'worker-down': 1 }, workerRestarts: 0 });
});
