import type { Knex } from 'knex';
import { allVersions, type FeatureVersion } from '../../config/feature-versions.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { FigError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import type { Position } from '../../kernel/position.ts';
import type { AppliedBatch } from '../../sync/capture/applied-batch.ts';
import { readModelNames } from '../../store/read-model-names.ts';
import { Capture } from '../../sync/capture/capture.ts';
import type { ChangeSource } from '../../sync/capture/change-source.ts';
import type { StreamTap } from '../../sync/tail/stream-tap.ts';
import { warnOfMemoryFolder } from '../../sync/postgres/memory-folder.ts';
import { capturedModels } from './captured-models.ts';
import { leaveBeforeEmptying } from '../deciding/leave-before-emptying.ts';
import { ENTRY_GRACE_MS } from '../serving/migration-proxy.ts';
import type { ProgressEvent } from '../starting/running-fig.ts';
import { showSyncProgress } from './sync-progress.ts';

export interface StartCaptureOptions {
  readonly config: NormalizedConfig;
  readonly target: Knex;
  /** Straight from the legacy server unless told. */
  readonly changes?: ChangeSource | undefined;
  /** Lets others look at what is applied. */
  readonly tap?: StreamTap | undefined;
  readonly onProgress: (event: ProgressEvent) => void;
  /** Told the position of a version, by its key, whenever it moves; undefined while it cannot be read. */
  readonly onPosition: (key: string, position: Position | undefined) => void;
  /** Told of everything that was applied. */
  readonly onApplied: (batch: AppliedBatch) => void;
  readonly onParked: (key: string, parkings: number) => void;
  readonly onNudge?: (() => void) | undefined;
  /** See `Capture`; named by its projection. */
  readonly beforeEmptying?: ((projection: string) => Promise<void>) | undefined;
  readonly log: Log;
}

/** Follows the legacy database; undefined when no feature has a read model that is kept in step. */
export function startCapture({
  config,
  target,
  changes,
  tap,
  onProgress,
  onPosition,
  onParked,
  onApplied,
  onNudge,
  beforeEmptying,
  log,
}: StartCaptureOptions) {
  const versions = allVersions(config.features);
  const readModels = capturedModels(config);
  if (readModels.length === 0 || config.legacy.database === undefined) return undefined;
  if (config.events.via !== 'direct' && changes === undefined) {
    // To capture all the same, by another way than the config says, would be a lie.
    throw new FigError('FIG_CONFIG_INVALID', `events.via: ${config.events.via} is not possible yet`);
  }
  void warnOfMemoryFolder(config.capture.spool.folder, log);
  const ownersOf = (projection: string): FeatureVersion[] =>
    versions.filter(({ readModel }) => readModel && readModelNames(readModel).projection === projection);
  return new Capture({
    url: config.legacy.database,
    migration: config.name,
    target,
    readModels,
    changes,
    tap,
    maxLoad: config.backfill.maxLoad,
    batch: config.capture.batch,
    spool: config.capture.spool,
    maxBehind: config.capture.maxBehindBytes,
    log,
    onApplied,
    onNudge,
    beforeEmptying: async (projection) => {
      await leaveBeforeEmptying({ store: target, owners: ownersOf(projection), graceMs: ENTRY_GRACE_MS, log });
      await beforeEmptying?.(projection);
    },
    onProgress: showSyncProgress(onProgress),
    onPosition: (projection, position) => {
      for (const { key } of ownersOf(projection)) onPosition(key, position);
    },
    onParked: (projection, parkings) => {
      for (const { key } of ownersOf(projection)) onParked(key, parkings);
    },
    maxLetters: (projection) => Math.min(...ownersOf(projection).map(({ maxDeadLetters }) => maxDeadLetters)),
  });
}
