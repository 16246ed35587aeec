import type { Knex } from 'knex';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import type { Log } from '../../kernel/log.ts';
import type { ChangeSource } from '../../sync/capture/change-source.ts';
import { readModelNames } from '../../store/read-model-names.ts';
import { demandsOf } from '../../sync/capture/demands-of.ts';
import { DebeziumSource } from '../../sync/kafka/debezium/debezium-source.ts';
import { TopicSource } from '../../sync/kafka/transport/topic-source.ts';
import { capturedModels } from './captured-models.ts';
import { landingSourceOf, type StartedLanding } from './start-landing.ts';

export interface ChangeSourceParts {
  readonly config: NormalizedConfig;
  readonly storeUrl: string;
  /** UUID of this process. */
  readonly process: string;
  /** Whether other processes may apply some of the read models; what serves users by itself needs all of them. */
  readonly isShared: boolean;
  readonly target: Knex;
  /** Present where legacy has MySQL. */
  readonly landing: StartedLanding | undefined;
  readonly log: Log;
}

/** Where the changes come from that are applied; undefined: straight from the legacy server. */
export function changeSourceOf(parts: ChangeSourceParts): ChangeSource | undefined {
  const { config, storeUrl, target, process, isShared, landing, log } = parts;
  const { events } = config;
  if (events.via === 'direct') return undefined;
  if (events.via === 'debezium') {
    if (events.connector === 'mysql') {
      return landingSourceOf(config, { prefix: events.prefix, storeUrl, landing, log });
    }
    if (config.legacy.database === undefined) return undefined;
    const { prefix, settings: properties } = events;
    const tables = [...new Set(demandsOf(capturedModels(config)).map(({ table }) => table))];
    return new DebeziumSource({
      access: events,
      prefix,
      properties,
      migration: config.name,
      legacyUrl: config.legacy.database,
      tables,
      storeUrl,
      process,
      log,
    });
  }
  const { spool, batch } = config.capture;
  const shared = isShared ? capturedModels(config).map((readModel) => readModelNames(readModel).projection) : undefined;
  return new TopicSource({ events, migration: config.name, target, storeUrl, process, shared, spool, batch, log });
}
