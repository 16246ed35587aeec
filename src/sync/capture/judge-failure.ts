import { FigError } from '../../kernel/fig-error.ts';
import type { ErrorCode } from '../../kernel/error-codes.ts';
import { ProjectionTaken } from '../projection/believed-place.ts';

/** What a failure in the work for one read model means. */
export type FailureVerdict =
  /** It is no failure of the read model: the stream broke, or what was kept of it, or another process has the slot. */
  | 'of-the-stream'
  /** The same work cannot succeed: the legacy tables have to be looked at again, or the copy begins anew. */
  | 'begin-anew'
  /** The same work may succeed later. */
  | 'again-later';

const ofTheStream: readonly ErrorCode[] = [
  'FIG_REPLICATION_FAILED',
  'FIG_REPLICATION_PROTOCOL',
  'FIG_SPOOL_FAILED',
  'FIG_SPOOL_FULL',
  'FIG_TOPIC_GAP',
  'FIG_TOPIC_FOREIGN',
];
const anew: readonly ErrorCode[] = ['FIG_SOURCE_CHANGED', 'FIG_MIRROR_ROW_MISSING'];

/** Pure: decided by the error alone. */
export function judgeFailure(error: unknown): FailureVerdict {
  if (!(error instanceof FigError)) return 'again-later';
  if (error instanceof ProjectionTaken) return 'of-the-stream';
  if (ofTheStream.includes(error.code)) return 'of-the-stream';
  return anew.includes(error.code) ? 'begin-anew' : 'again-later';
}
