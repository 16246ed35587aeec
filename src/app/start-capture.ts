import type { Knex } from 'knex';
import { allVersions, type FeatureVersion } from '../config/feature-versions.ts';
import type { NormalizedConfig } from '../config/normalized-config.ts';
import { type CapturedReadModel, isCaptured } from '../config/read-model-kinds.ts';
import type { Log } from '../kernel/log.ts';
import type { Position } from '../kernel/position.ts';
import type { AppliedBatch } from '../sync/capture/applied-batch.ts';
import { readModelNames } from '../store/read-model-names.ts';
import { Capture } from '../sync/capture/capture.ts';
import { warnOfMemoryFolder } from '../sync/postgres/memory-folder.ts';
import type { ProgressEvent } from './running-fig.ts';
import { showSyncProgress } from './sync-progress.ts';

export interface StartCaptureOptions {
  readonly config: NormalizedConfig;
  readonly target: Knex;
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
  onProgress,
  onPosition,
  onParked,
  onApplied,
  onNudge,
  beforeEmptying,
  log,
}: StartCaptureOptions) {
  const versions = allVersions(config.features);
  const readModels = new Map<string, CapturedReadModel>();
  for (const { readModel } of versions) {
    if (readModel && isCaptured(readModel)) readModels.set(readModelNames(readModel).projection, readModel);
  }
  if (readModels.size === 0 || config.legacy.database === undefined) return undefined;
  void warnOfMemoryFolder(config.capture.spool.folder, log);
  const ownersOf = (projection: string): FeatureVersion[] =>
    versions.filter(({ readModel }) => readModel && readModelNames(readModel).projection === projection);
  return new Capture({
    url: config.legacy.database,
    migration: config.name,
    target,
    readModels: [...readModels.values()],
    maxLoad: config.backfill.maxLoad,
    batch: config.capture.batch,
    spool: config.capture.spool,
    maxBehind: config.capture.maxBehindBytes,
    log,
    onApplied,
    onNudge,
    beforeEmptying,
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
