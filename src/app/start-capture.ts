import type { Knex } from 'knex';
import type { NormalizedConfig } from '../config/normalized-config.ts';
import type { Log } from '../kernel/log.ts';
import type { Position } from '../kernel/position.ts';
import type { AppliedBatch } from '../sync/applied-batch.ts';
import { Capture } from '../sync/capture.ts';
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
  readonly log: Log;
}

/** Follows the legacy database; undefined when no feature has a read model here. */
export function startCapture({ config, target, onProgress, onPosition, onApplied, log }: StartCaptureOptions) {
  const readModels = config.features.flatMap(({ readModel }) => readModel ?? []);
  if (readModels.length === 0 || config.legacy.database === undefined) return undefined;
  return new Capture({
    url: config.legacy.database,
    migration: config.name,
    target,
    readModels,
    maxLoad: config.backfill.maxLoad,
    log,
    onApplied,
    onProgress: showSyncProgress(onProgress),
    onPosition: (readModel, position) => {
      for (const feature of config.features) {
        if (feature.readModel?.name === readModel) onPosition(feature.name, position);
      }
    },
  });
}

/** Whether positions of the legacy database are needed at all. */
export function isFollowed({ legacy, features }: NormalizedConfig): boolean {
  return legacy.database !== undefined && features.some(({ readModel }) => readModel !== undefined);
}
