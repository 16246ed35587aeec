import type { Knex } from 'knex';
import { FigError, describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { restAfter, sleep } from '../../kernel/service.ts';
import { migrateStore } from '../../store/control-store.ts';

/** So long a start waits for the store before users are served without it. */
const PATIENCE_MS = 3_000;
const LONGEST_REST_MS = 5_000;
const REFUSED = 'the control store is not for this version of fig: legacy answers everything until it is';

export interface ReachOptions {
  readonly store: Knex;
  /** Called once, when the store does not answer: users must be served without it. `trouble` tells what is wrong by then. */
  readonly onCold: (trouble: () => FigError) => Promise<void>;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * Brings the store up to date; while it does not answer, `onCold` lets legacy serve users, and it is tried again until it
 * does. Resolves with the migrations that ran, or undefined when the signal ended the wait. Throws FIG_STORE_NEWER, unless it
 * was cold before that: users must not lose their proxy to a store that is there and will not have us.
 */
export async function reachStore(options: ReachOptions): Promise<readonly string[] | undefined> {
  const { store, onCold, signal, log } = options;
  let isCold = false;
  let trouble = storeSilent();
  const goCold = async (why: string): Promise<void> => {
    if (isCold) return;
    isCold = true;
    log.warn({ why }, 'the control store does not answer: legacy answers everything until it does');
    await onCold(() => trouble);
  };
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    const trying = attemptOf(store);
    const first = await Promise.race([trying, sleep(PATIENCE_MS, signal)]);
    if (first === undefined && !signal.aborted) await goCold(`nothing within ${PATIENCE_MS} ms`);
    const result = await Promise.race([trying, aborted(signal)]);
    if (result === undefined) return undefined;
    if ('migrated' in result) return result.migrated;
    const { error } = result;
    if (!(error instanceof FigError)) throw error;
    if (error.code === 'FIG_STORE_UNREACHABLE') {
      trouble = storeSilent();
      await goCold(describeError(error));
    } else if (isCold) {
      const { code, remedy } = error;
      if (trouble.code !== code) log.error({ code, error: describeError(error), remedy }, REFUSED);
      trouble = new FigError(code, `${error.message}; legacy answers all reads`, { cause: error });
    } else throw error;
    await sleep(restAfter(attempt, LONGEST_REST_MS), signal);
  }
  return undefined;
}

/** What there is to say of a store that was not heard since the start. */
export function storeSilent(): FigError {
  return new FigError('FIG_STORE_UNREACHABLE', 'the control store has not answered yet; legacy answers all reads');
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
