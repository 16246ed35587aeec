import type { Knex } from 'knex';
import type { NormalizedConfig } from '../config/normalized-config.ts';
import type { Log } from '../kernel/log.ts';
import type { ChangeSource } from '../sync/capture/change-source.ts';
import { demandsOf } from '../sync/capture/demands-of.ts';
import { DebeziumSource } from '../sync/kafka/debezium/debezium-source.ts';
import { TopicSource } from '../sync/kafka/transport/topic-source.ts';
import { capturedModels } from './captured-models.ts';

export interface ChangeSourceParts {
  readonly config: NormalizedConfig;
  readonly storeUrl: string;
  readonly target: Knex;
  readonly log: Log;
}

/** Where the changes come from that are applied; undefined: straight from the legacy server. */
export function changeSourceOf({ config, storeUrl, target, log }: ChangeSourceParts): ChangeSource | undefined {
  const { events } = config;
  if (events.via === 'direct') return undefined;
  if (events.via === 'debezium') {
    const { prefix, settings: properties } = events;
    const tables = [...new Set(demandsOf(capturedModels(config)).map(({ table }) => table))];
    return new DebeziumSource({ access: events, prefix, properties, migration: config.name, tables, storeUrl, log });
  }
  const { spool, batch } = config.capture;
  return new TopicSource({ events, migration: config.name, target, storeUrl, spool, batch, log });
}
