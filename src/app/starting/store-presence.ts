import type { Knex } from 'knex';
import { withinTime, timedOut } from '../../../proxy/within-time.ts';
import { FigError, describeError } from '../../kernel/fig-error.ts';

/** So long somebody who looks waits for what the store has to say. */
const PATIENCE_MS = 2_000;

/** Asks the store, and tells its absence from everything else that can go wrong. Throws FIG_STORE_UNREACHABLE. */
export async function askStore<T>(store: Knex, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof FigError || (await answers(store))) throw error;
    throw away(describeError(error), error);
  }
}

/** The same for what may be given up: a store that says nothing at all for long counts as away, a slow one does not. */
export async function askStoreSoon<T>(store: Knex, work: Promise<T>): Promise<T> {
  const result = await askStore(store, withinTime(work, PATIENCE_MS));
  if (result !== timedOut) return result;
  if (await answers(store)) return askStore(store, work);
  throw away(`nothing within ${PATIENCE_MS} ms`);
}

function away(why: string, cause?: unknown): FigError {
  const message = `the control store does not answer (${why}); the last known phases stay in force`;
  return new FigError('FIG_STORE_UNREACHABLE', message, cause === undefined ? {} : { cause });
}

async function answers(store: Knex): Promise<boolean> {
  const asked = store.raw('SELECT 1').then(
    () => true,
    () => false,
  );
  return (await withinTime(asked, PATIENCE_MS)) === true;
}
