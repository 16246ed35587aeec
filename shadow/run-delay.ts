import { readFileSync } from 'node:fs';

/**
 * Milliseconds that this thread was ready to run and had to wait for a processor, since it began; 0 where the system does not
 * tell. On Linux it is the second figure of schedstat (Documentation/scheduler/sched-stats.rst).
 */
export function runDelayMs(): number {
  if (process.platform !== 'linux') return 0;
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[1]) / 1e6;
  } catch {
    // Without /proc, or a kernel that does not count it.
    return 0;
  }
}

/**
 * Takes out of the time an answer took what the shadow's own thread waited for a processor meanwhile. It steps back behind
 * the threads that serve users, and that must not be held against whom it asks.
 */
export async function withoutRunDelay<T extends { readonly ok: boolean }>(ask: () => Promise<T>): Promise<T> {
  const before = runDelayMs();
  const result = await ask();
  if (!('tookMs' in result) || typeof result.tookMs !== 'number') return result;
  return { ...result, tookMs: Math.max(0, result.tookMs - (runDelayMs() - before)) };
}
