import type { Knex } from 'knex';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import type { Log } from '../../kernel/log.ts';
import { Leader } from '../../sync/kafka/transport/leader.ts';
import { capturedModels } from './captured-models.ts';

export interface StartLeaderOptions {
  readonly config: NormalizedConfig;
  readonly storeUrl: string;
  /** UUID of this process. */
  readonly process: string;
  readonly target: Knex;
  readonly log: Log;
}

/** Writes the changes of the legacy database to a topic; undefined when none are to be. */
export function startLeader({ config, storeUrl, process, target, log }: StartLeaderOptions): Leader | undefined {
  const readModels = capturedModels(config);
  const { events } = config;
  if (readModels.length === 0 || config.legacy.database === undefined || events.via !== 'kafka') return undefined;
  return new Leader({
    url: config.legacy.database,
    storeUrl,
    process,
    target,
    migration: config.name,
    readModels,
    events,
    batch: config.capture.batch,
    spool: config.capture.spool,
    maxBehind: config.capture.maxBehindBytes,
    log,
  });
}
