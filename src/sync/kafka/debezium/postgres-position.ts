import { FigError } from '../../../kernel/fig-error.ts';
import type { Position } from '../../../kernel/position.ts';

export interface TransactionMark {
  /** The same in every message about the transaction. */
  readonly id: string;
  readonly position: Position;
}

/**
 * Reads the id that a PostgreSQL connector gives to transactions: `transaction id:log position`. At the end of a transaction the
 * position is the end of its commit record, which is ours; of a row it is where its change lies.
 */
export function postgresTransaction(id: string): TransactionMark {
  const parts = /^(\d+):(\d+)$/.exec(id);
  if (!parts) throw new FigError('FIG_DEBEZIUM_MESSAGE', `a transaction has the id ${JSON.stringify(id)}`);
  return { id: parts[1]!, position: BigInt(parts[2]!) };
}
