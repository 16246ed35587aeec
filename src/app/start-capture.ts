import type { Knex } from 'knex';
import type { NormalizedConfig, NormalizedFeature } from '../config/normalized-config.ts';
import { isCaptured } from '../config/read-model-kinds.ts';
import type { Log } from '../kernel/log.ts';
import type { Position } from '../kernel/position.ts';
import type { AppliedBatch } from '../sync/capture/applied-batch.ts';
import { Capture } from '../sync/capture/capture.ts';
import type { ProgressEvent } from './running-fig.ts';
import { showSyncProgress } from './sync-progress.ts';

export interface StartCaptureOptions {
  readonly config: NormalizedConfig;
  readonly target: Knex;
  readonly onProgress: (event: ProgressEvent) => void;
  /** Told the position of a feature's read model whenever it moves; undefined while it cannot be read. */
  readonly onPosition: (feature: string, position: Position | undefined) => void;
  /** Told of everything that was applied. */
  readonly onApplied: (batch: AppliedBatch) => void;
  readonly onParked: (feature: string, parkings: number) => void;
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
  log,
}: StartCaptureOptions) {
  const readModels = config.features.flatMap(({ readModel }) => readModel ?? []).filter(isCaptured);
  if (readModels.length === 0 || config.legacy.database === undefined) return undefined;
  const ownersOf = (readModel: string): NormalizedFeature[] =>
    config.features.filter((feature) => feature.readModel?.name === readModel);
  return new Capture({
    url: config.legacy.database,
    migration: config.name,
    target,
    readModels,
    maxLoad: config.backfill.maxLoad,
    batch: config.capture.batch,
    spool: config.capture.spool,
    maxBehind: config.capture.maxBehindBytes,
    log,
    onApplied,
    onProgress: showSyncProgress(onProgress),
    onPosition: (readModel, position) => {
      for (const { name } of ownersOf(readModel)) onPosition(name, position);
    },
    onParked: (readModel, parkings) => {
      for (const { name } of ownersOf(readModel)) onParked(name, parkings);
    },
    maxLetters: (readModel) => Math.min(...ownersOf(readModel).map(({ maxDeadLetters }) => maxDeadLetters)),
  });
}
