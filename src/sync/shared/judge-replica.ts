// Nothing here does I/O.
import type { Position } from '../../kernel/position.ts';

export interface LogIdentity {
  readonly system: string;
  readonly timeline: number;
}

export type ReplicaVerdict =
  | { readonly position: Position }
  | {
      readonly position: undefined;
      readonly reason:
        | /** Nobody can tell whose log it should follow. */ 'primary-unknown'
        | /** It is another server's, or another database. */ 'other-system'
        | /** It follows another branch of the log than the legacy database writes. */ 'other-timeline'
        | /** It follows nobody: it was promoted, or never was a replica. */ 'not-a-replica';
    };

/** How far a replica is, if its positions are those of the legacy database. */
export function judgeReplica(
  primary: LogIdentity | undefined,
  replica: LogIdentity,
  replayed: Position | undefined,
): ReplicaVerdict {
  if (primary === undefined) return { position: undefined, reason: 'primary-unknown' };
  if (replica.system !== primary.system) return { position: undefined, reason: 'other-system' };
  if (replayed === undefined) return { position: undefined, reason: 'not-a-replica' };
  if (replica.timeline !== primary.timeline) return { position: undefined, reason: 'other-timeline' };
  return { position: replayed };
}

const sentences = {
  // Said by whoever watches the legacy database, if it stays so.
  'primary-unknown': undefined,
  'other-system': 'it is no physical replica of the legacy database',
  'other-timeline': 'it follows another timeline than the legacy database writes',
  'not-a-replica': 'it follows no other server; it may have been promoted',
} as const;

export function describeReplica(verdict: ReplicaVerdict): string | undefined {
  return verdict.position === undefined ? sentences[verdict.reason] : undefined;
}
