import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

export interface PacedWork {
  readonly done: number;
  /** Rejects with the first error of the work. */
  stop(): Promise<void>;
}

/** Does the work so often a second, at most so many times at once; what cannot be begun in time is not made up for. */
export function startPaced(perSecond: number, atOnce: number, work: () => Promise<void>): PacedWork {
  const everyMs = 1_000 / perSecond;
  const end = new AbortController();
  setMaxListeners(0, end.signal);
  const state = { done: 0 };
  let next = performance.now();
  const turns = Array.from({ length: atOnce }, async () => {
    while (!end.signal.aborted) {
      const now = performance.now();
      next = Math.max(next, now - 1_000);
      const due = next;
      next += everyMs;
      if (due > now) await delay(due - now, undefined, { signal: end.signal }).catch(() => undefined);
      if (end.signal.aborted) return;
      await work();
      state.done += 1;
    }
  });
  const all = Promise.all(turns);
  all.catch(() => end.abort());
  return {
    get done() {
      return state.done;
    },
    stop: async () => {
      end.abort();
      await all;
    },
  };
}
