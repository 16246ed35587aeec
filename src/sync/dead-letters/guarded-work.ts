import type { Knex } from 'knex';
import { type Attempts, CarefulAttempts, straight } from './attempts.ts';
import { StoredRowsNeeded } from '../projection/dirty-keys.ts';
import { isConflict, isParkable } from './transient-errors.ts';

/** Tries of a batch that another transaction got in the way of. */
const CONFLICT_TRIES = 3;

/** Work in one transaction of its own. `note`, called at the end of that, keeps what failed. */
export type GuardedWork = (attempts: Attempts, note: (tx: Knex.Transaction) => Promise<void>) => Promise<void>;

export interface GuardParts {
  /** How many dead letters there may be besides those there are. */
  readonly room: () => Promise<number>;
  readonly park: (tx: Knex.Transaction, careful: CarefulAttempts) => Promise<void>;
}

/**
 * Does work straight on, and when that fails because of what is in it, again with care; then the answer tells what failed.
 * Work that finds out that a source's stored rows are needed is repeated: once in a session for each such source at most.
 */
export async function doGuarded(work: GuardedWork, { room, park }: GuardParts): Promise<CarefulAttempts | undefined> {
  for (let conflicts = 1; ; conflicts += 1) {
    try {
      await work(straight, async () => undefined);
      return undefined;
    } catch (error) {
      if (error instanceof StoredRowsNeeded || (isConflict(error) && conflicts < CONFLICT_TRIES)) continue;
      if (!isParkable(error)) throw error;
      break;
    }
  }
  const most = await room();
  for (let checksConstraints = false; ;) {
    const careful = new CarefulAttempts(most, { checksConstraints });
    try {
      await work(careful, (tx) => park(tx, careful));
      return careful;
    } catch (error) {
      if (error instanceof StoredRowsNeeded) continue;
      // Every part passed and the whole does not: something is checked at COMMIT.
      if (checksConstraints || !isParkable(error)) throw error;
      checksConstraints = true;
    }
  }
}
