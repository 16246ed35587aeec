import { setTimeout as delay } from 'node:timers/promises';

/** Everything that runs until it is told to stop. `stop` may be called twice and resolves when all is closed. */
export interface Service {
  readonly name: string;
  stop(): Promise<void>;
}

export interface LoopOptions {
  readonly name: string;
  /** One turn. Returns the milliseconds to rest before the next; undefined ends the loop. */
  readonly turn: (signal: AbortSignal) => Promise<number | undefined>;
  /** Told of every failed turn. The loop goes on after a growing rest. */
  readonly onError: (error: unknown, attempt: number) => void;
  readonly maxRestMs?: number | undefined;
  /** A turn that fails after so long had succeeded before: its failure is a first one. Default 2 minutes. */
  readonly lastingMs?: number | undefined;
}

const LASTING_MS = 120_000;

/**
 * Runs turns one after the other. A turn that fails is tried again after a rest that doubles (100 ms up to `maxRestMs`,
 * 10 s unless told), with jitter; one that succeeds, or goes on for long before it fails, resets it.
 */
export function startLoop(options: LoopOptions): Service {
  const abort = new AbortController();
  const done = runLoop(options, abort.signal);
  return {
    name: options.name,
    stop: async () => {
      abort.abort();
      await done;
    },
  };
}

async function runLoop(options: LoopOptions, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    let rest: number | undefined;
    const began = performance.now();
    try {
      rest = await options.turn(signal);
      failures = 0;
      if (rest === undefined) return;
    } catch (error) {
      if (signal.aborted) return;
      const hasLasted = performance.now() - began >= (options.lastingMs ?? LASTING_MS);
      failures = hasLasted ? 1 : failures + 1;
      options.onError(error, failures);
      rest = restAfter(failures, options.maxRestMs ?? 10_000);
    }
    await sleep(rest, signal);
  }
}

/** Rest before attempt `failures + 1`: 100 ms (unless told) doubled each time, half of it random. */
export function restAfter(failures: number, maxMs: number, firstMs = 100): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 20));
  return full / 2 + Math.random() * (full / 2);
}

/** Sleeps; wakes early, without an error, when the signal aborts. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, signal ? { signal } : {});
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}
