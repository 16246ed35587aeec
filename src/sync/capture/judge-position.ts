import type { Position } from '../../kernel/position.ts';
import type { SourceIdentity } from '../postgres/identify-source.ts';

/** What can be done with rows that stand at a position of the source's log. */
export type PositionVerdict =
  /** The changes after it can be had. */
  | 'resume'
  /** The slot was advanced past it: changes are missing. */
  | 'slot-passed'
  /** The log ends before it: the server was set back to an earlier time. */
  | 'past-the-end'
  /** The server left the log before it, in a failover or restore: the rows hold changes that it does not have. */
  | 'log-forked';

export interface StoredPosition {
  readonly position: Position;
  /** Timeline that the position was reached on; undefined in rows of an earlier version of fig. */
  readonly timeline: number | undefined;
}

/** Whether the position is one of the server's log at all. No I/O. */
export function judgeLog(
  { position, timeline }: StoredPosition,
  identity: SourceIdentity,
): Exclude<PositionVerdict, 'slot-passed'> {
  if (position > identity.end) return 'past-the-end';
  if (timeline === undefined || timeline === identity.timeline) return 'resume';
  const left = identity.history.find((past) => past.timeline === timeline);
  return left && position <= left.end ? 'resume' : 'log-forked';
}

export function judgePosition(stored: StoredPosition, confirmed: Position, identity: SourceIdentity): PositionVerdict {
  const verdict = judgeLog(stored, identity);
  return verdict === 'resume' && stored.position < confirmed ? 'slot-passed' : verdict;
}
