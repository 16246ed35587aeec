import type { Position } from '../../../kernel/position.ts';
import type { SourceIdentity } from '../../postgres/identify-source.ts';

/** What can be done with the topics of a connector, by the transactions that they have. */
export type KeptVerdict =
  | 'usable'
  /** The connector has sent nothing yet of the log that the server writes now. */
  | 'waits'
  /** They hold transactions that the server does not have, which positions do not tell from those that it has. */
  | 'foreign';

export interface KeptParts {
  readonly identity: SourceIdentity;
  /** Asks the server who it is once more. */
  readonly identifyAgain: () => Promise<SourceIdentity>;
  /** Whether rows are known to be of a log that the server has left. */
  readonly isForked: boolean;
}

/**
 * Whether the topics are of the server's log. Those that reach back behind a failover or restore can be read where the server had
 * all that they have of before; a connector then goes on with a slot that may be another one, see `afterFork`.
 */
export async function judgeKept(
  kept: { readonly first: Position; readonly last: Position } | undefined,
  { identity, identifyAgain, isForked }: KeptParts,
): Promise<KeptVerdict> {
  if (!kept) return 'waits';
  const fork = identity.history.at(-1)?.end;
  if (isForked && fork !== undefined && kept.first <= fork) return 'foreign';
  // Both were not asked for at one moment, and the server may have written since.
  if (kept.last > identity.end && kept.last > (await identifyAgain()).end) return 'foreign';
  return fork !== undefined && kept.last <= fork ? 'waits' : 'usable';
}

/** What stands before it may miss changes: slots do not go over to another server, or not always; undefined: there was none. */
export function afterFork({ history }: Pick<SourceIdentity, 'history'>): Position | undefined {
  const end = history.at(-1)?.end;
  return end === undefined ? undefined : end + 1n;
}
