import knexModule, { type Knex } from 'knex';

interface Pool {
  readonly max: number;
  numUsed(): number;
  numFree(): number;
}

/**
 * Whether a question failed because no connection could be opened in its time, although there was room for more: the process is
 * short of processor time, as at its start, or the database is slow to let anybody in. A pool that is used up is something else:
 * those who ask do not give connections back.
 */
export function couldNotOpen(error: unknown, db: Knex): boolean {
  if (!(error instanceof knexModule.KnexTimeoutError)) return false;
  const pool = (db.client as { readonly pool?: Pool }).pool;
  return pool !== undefined && pool.numUsed() + pool.numFree() < pool.max;
}
