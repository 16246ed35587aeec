import { FigError } from '../../../kernel/fig-error.ts';
import type { EndedTransaction } from './join-transactions.ts';
import type { TopicLane } from './topic-lanes.ts';

/** What is read after the connector went down inside a transaction. */
export interface CutReading {
  readonly ended: EndedTransaction;
  /** Nothing of it comes any more. */
  readonly isWritten: boolean;
  /** What has to be read of each topic. */
  readonly targets: Map<TopicLane, bigint>;
  readonly done: Set<TopicLane>;
  isRead: boolean;
}

export function cutReading(ended: EndedTransaction, isWritten: boolean): CutReading {
  return { ended, isWritten, targets: new Map(), done: new Set(), isRead: false };
}

/** Nothing shows that a cut transaction was written to its end. */
export function undecided({ transaction, topics }: EndedTransaction): FigError {
  const names = topics.join(', ');
  return new FigError(
    'FIG_DEBEZIUM_MESSAGE',
    `the connector went down inside transaction ${transaction}, and nothing shows yet that all of it was written to ${names}`,
    {
      remedy:
        'It goes on by itself with the next change of each of these tables; an update that changes nothing is enough.',
    },
  );
}
