import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runDelayMs, withoutRunDelay } from '../../shadow/run-delay.ts';

const spinning = 'for (;;) Math.random();';
const rivals: Worker[] = [];

/** Computes until this thread had to wait for a processor for so long. Returns how long that took. */
function untilDelayed(milliseconds: number): number {
  const startedAt = performance.now();
  const before = runDelayMs();
  while (runDelayMs() - before < milliseconds);
  return performance.now() - startedAt;
}

describe.runIf(process.platform === 'linux')('where all processors are taken', () => {
  beforeAll(() => {
    for (let i = 0; i < availableParallelism(); i += 1) rivals.push(new Worker(spinning, { eval: true }));
  });
  afterAll(async () => {
    await Promise.all(rivals.map((rival) => rival.terminate()));
  });

  test('what a thread waits for one is not counted in the time that an answer took', async () => {
    let tookMs = 0;
    const result = await withoutRunDelay(async () => {
      tookMs = untilDelayed(10);
      return { ok: true, tookMs, answer: 'the same' };
    });
    expect(tookMs).toBeGreaterThanOrEqual(10);
    expect(result.tookMs).toBeLessThanOrEqual(tookMs - 10);
    expect(result).toMatchObject({ ok: true, answer: 'the same' });
  });

  test('a time is never negative', async () => {
    const result = await withoutRunDelay(async () => {
      untilDelayed(5);
      return { ok: true, tookMs: 1 };
    });
    expect(result.tookMs).toBe(0);
  });
});

test('a result without a time passes as it is', async () => {
  const result = { ok: false, reason: 'nobody answered' };
  expect(await withoutRunDelay(async () => result)).toBe(result);
});
