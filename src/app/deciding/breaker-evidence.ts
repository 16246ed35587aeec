import { hostname } from 'node:os';
import type { Knex } from 'knex';
import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { sleep, startLoop, type Service } from '../../kernel/service.ts';
import { recordOpening, type StoredOpening } from '../../store/breaker-store.ts';

/** While the store is away so many openings wait; more say nothing that these do not. */
const MAX_WAITING = 200;

type SeenOpening = Omit<StoredOpening, 'proxy'>;

export interface BreakerEvidence extends Service {
  /** Keeps an opening. Returns at once and never throws. */
  readonly keep: (opening: SeenOpening) => void;
}

/**
 * Writes openings of breakers to the control store, from the proxy's own thread: the shadow's worker may be what is
 * broken. An opening is tried again until it is written; only a process that ends meanwhile takes it along.
 */
export function startBreakerEvidence(store: Knex, log: Log): BreakerEvidence {
  const proxy = `${hostname()} ${process.pid}`;
  const waiting: StoredOpening[] = [];
  let wake = new AbortController();
  const loop = startLoop({
    name: 'breaker evidence',
    turn: async (signal) => {
      const [next] = waiting;
      if (next === undefined) {
        await sleep(60_000, AbortSignal.any([signal, wake.signal]));
        wake = new AbortController();
        return 0;
      }
      await recordOpening(store, next);
      waiting.shift();
      return 0;
    },
    onError: (error, attempt) => {
      if ((attempt & (attempt - 1)) !== 0) return;
      log.warn({ attempt, error: describeError(error) }, 'an opening of a breaker could not be written; tried again');
    },
  });
  return {
    name: loop.name,
    keep: ({ feature, at, cause, failures, total }) => {
      if (waiting.length >= MAX_WAITING) return;
      waiting.push({ feature, at, cause, failures, total, proxy });
      wake.abort();
    },
    stop: () => loop.stop(),
  };
}
