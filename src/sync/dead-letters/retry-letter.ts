import type { Knex } from 'knex';
import { type DeadLetter, DeadLetterStore } from '../../store/dead-letter-store.ts';
import { checkConstraints } from './check-constraints.ts';
import { describeFailure } from './describe-failure.ts';
import { isParkable } from './transient-errors.ts';

/** Tries what a dead letter stands for, in a savepoint: the letter goes, or is put off with what it failed with now. */
export async function retryLetter(
  tx: Knex.Transaction,
  letter: DeadLetter,
  attempt: (savepoint: Knex.Transaction) => Promise<void>,
): Promise<void> {
  const letters = new DeadLetterStore();
  try {
    await tx.transaction(async (savepoint) => {
      await attempt(savepoint);
      await checkConstraints(savepoint);
    });
  } catch (error) {
    if (!isParkable(error)) throw error;
    await letters.failedAgain(tx, letter, describeFailure(error));
    return;
  }
  await letters.remove(tx, letter.id);
}
