import type { Knex } from 'knex';
import { connectionOf } from '../postgres/statement.ts';
import { checkConstraints } from './check-constraints.ts';
import { describeFailure, type Failure } from './describe-failure.ts';
import { isParkable } from './transient-errors.ts';

/**
 * Does work in a savepoint, by default with what would be checked at COMMIT. When it fails for what is in it, nothing is left of
 * it and the answer says why; any other failure is thrown.
 */
export async function tryInSavepoint(
  tx: Knex.Transaction,
  work: () => Promise<void>,
  { checksConstraints = true }: { readonly checksConstraints?: boolean } = {},
): Promise<Failure | undefined> {
  const connection = await connectionOf(tx);
  await connection.query('SAVEPOINT handler');
  try {
    await work();
    if (checksConstraints) await checkConstraints(tx);
    // Fails where the handler passed over the failure of a statement.
    await connection.query('RELEASE SAVEPOINT handler');
    return undefined;
  } catch (error) {
    if (!isParkable(error)) throw error;
    await connection.query('ROLLBACK TO SAVEPOINT handler');
    await connection.query('RELEASE SAVEPOINT handler');
    return describeFailure(error);
  }
}
