import type { Position } from '../../../kernel/position.ts';
import type { Envelope } from './envelope.ts';
import type { SourceLogs } from './source-logs.ts';

/** Where a reader of the topic stands. */
export interface ReaderPlace {
  /** Everything that ends at or before it has been taken. */
  readonly at: Position;
  /** The largest number of a leader that was met. */
  readonly epoch: number;
  readonly logs: SourceLogs;
  /** Number of a leader that wrote one of these logs. */
  readonly logsSince: number;
}

export type MessageVerdict =
  | 'take'
  /** It was taken before, written by this leader or another. */
  | 'passed'
  /** A later leader has begun, and writes it as well; or legacy does not have it any more. */
  | 'superseded'
  /** What lies between the reader's position and it cannot be had from here. */
  | 'gap'
  /** The source has another log than the reader knows of. */
  | 'unknown-log';

/**
 * What to do with a message. Every leader writes the same events, in the order of commits and without gaps, from a position
 * on that an earlier one had written before; so whatever goes on from where the reader is, is what comes next. No I/O. The
 * argument is in docs/decisions/0056-kafka-transport.md.
 */
export function judgeMessage({ epoch, log, previous, end }: Envelope, place: ReaderPlace): MessageVerdict {
  if (epoch < place.epoch) return 'superseded';
  // What an earlier leader read is of a server that was replaced; what a later one reads is news.
  if (!place.logs.has(log)) return epoch < place.logsSince ? 'superseded' : 'unknown-log';
  const left = place.logs.get(log);
  if (left !== undefined && end > left) return 'superseded';
  if (end <= place.at) return 'passed';
  return previous > place.at ? 'gap' : 'take';
}
