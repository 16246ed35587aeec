import type { Knex } from 'knex';
import { FigError, describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { restAfter, sleep } from '../../kernel/service.ts';
import { askStore } from './store-presence.ts';

const LONGEST_REST_MS = 5_000;
/** A store that is there and fails has been cut in the middle of it, or is wrong; the one is over by then. */
const MAX_FAILURES = 3;

export interface Insistence {
  readonly store: Knex;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * Does what a start needs of the store, again and again while that is away: it may go just after it came, and users that are
 * served already must not lose their proxy over it. `work` may have been done in part. Throws what it throws while the store is
 * there, and FIG_STORE_UNREACHABLE when the signal ended the wait.
 */
export async function insist<T>({ store, signal, log }: Insistence, work: () => Promise<T>): Promise<T> {
  let failures = 0;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await askStore(store, work());
    } catch (error) {
      const isAway = error instanceof FigError && error.code === 'FIG_STORE_UNREACHABLE';
      if (!isAway) failures += 1;
      if (signal.aborted || failures >= MAX_FAILURES || (error instanceof FigError && !isAway)) throw error;
      log.warn({ attempt, error: describeError(error) }, 'the control store went away during the start; tried again');
      await sleep(restAfter(attempt, LONGEST_REST_MS), signal);
    }
  }
}
