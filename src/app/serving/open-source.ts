import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { isTimed } from '../../config/read-model-kinds.ts';
import { settledByMs } from '../../config/settled-writes.ts';
import type { Log } from '../../kernel/log.ts';
import type { SourcePosition } from '../../kernel/position.ts';
import { StoreClock } from '../../sync/batch/store-clock.ts';
import { openLegacyPosition } from './legacy-position.ts';

/** Where positions of visitors' writes come from, and what they are positions of. */
export interface FollowedSource {
  readonly source: SourcePosition;
  /** Another one when positions from before mean nothing any more; undefined while that is not known. */
  sourceLog(): string | undefined;
}

/** What orders writes and read models of a migration; undefined: it has no read model that users are served from. */
export function orderOf(config: NormalizedConfig): 'log' | 'store' | undefined {
  const { legacy, features } = config;
  const readModels = features.flatMap(({ readModel }) => readModel ?? []);
  const isFollowed = legacy.database !== undefined && readModels.some((each) => !isTimed(each));
  if (isFollowed && settledByMs(config) === undefined) return 'log';
  return isFollowed || readModels.some(isTimed) ? 'store' : undefined;
}

/** The name of the store's steps as a log: there is only one, and it never goes back. */
export const storeLog = 'store';

/** A source of its own for a process that is told everything else. */
export function openSource(
  config: NormalizedConfig,
  storeUrl: string,
  log: Log,
): (SourcePosition & AsyncDisposable) | undefined {
  const order = orderOf(config);
  if (order === 'log') return openLegacyPosition(config, log);
  return order === 'store' ? new StoreClock(storeUrl, log) : undefined;
}
