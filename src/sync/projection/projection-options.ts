import type { Knex } from 'knex';
import type { Position } from '../../kernel/position.ts';
import type { LetterLimits } from '../dead-letters/letter-book.ts';

/** What is to be done in each target transaction that moves a projection to another position. */
export interface MoveListener {
  moved(tx: Knex.Transaction, projection: string, position: Position): Promise<void>;
}

export interface ProjectionOptions extends LetterLimits {
  readonly onMove?: MoveListener | undefined;
}
