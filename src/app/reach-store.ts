import type { Knex } from 'knex';
import { FigError, describeError } from '../kernel/fig-error.ts';
import type { Log } from '../kernel/log.ts';
import { restAfter, sleep } from '../kernel/service.ts';
import { migrateStore } from '../store/control-store.ts';

/** So long a start waits for the store before users are served without it. */
const PATIENCE_MS = 3_000;
const LONGEST_REST_MS = 5_000;

export interface ReachOptions {
  readonly store: Knex;
  /** Called once, when the store does not answer: users must be served without it. */
  readonly onCold: () => Promise<void>;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * Brings the store up to date; while it does not answer, `onCold` lets legacy serve users, and it is tried again until it
 * does. Resolves with the migrations that ran, or undefined when the signal ended the wait. Throws FIG_STORE_NEWER.
 */
export async function reachStore(options: ReachOptions): Promise<readonly string[] | undefined> {
  const { store, onCold, signal, log } = options;
  let isCold = false;
  const goCold = async (why: string): Promise<void> => {
    if (isCold) return;
    isCold = true;
    log.warn({ why }, 'the control store does not answer: legacy answers everything until it does');
    await onCold();
  };
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    const trying = attemptOf(store);
    const first = await Promise.race([trying, sleep(PATIENCE_MS, signal)]);
    if (first === undefined && !signal.aborted) await goCold(`nothing within ${PATIENCE_MS} ms`);
    const result = await Promise.race([trying, aborted(signal)]);
    if (result === undefined) return undefined;
    if ('migrated' in result) return result.migrated;
    if (!(result.error instanceof FigError) || result.error.code !== 'FIG_STORE_UNREACHABLE') throw result.error;
    await goCold(describeError(result.error));
    await sleep(restAfter(attempt, LONGEST_REST_MS), signal);
  }
  return undefined;
}

type Attempt = { readonly migrated: readonly string[] } | { readonly error: unknown };

async function attemptOf(store: Knex): Promise<Attempt> {
  try {
    return { migrated: await migrateStore(store) };
  } catch (error) {
    return { error };
  }
}

async function aborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return undefined;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  return undefined;
}
