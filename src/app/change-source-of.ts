import type { Knex } from 'knex';
import type { NormalizedConfig } from '../config/normalized-config.ts';
import type { Log } from '../kernel/log.ts';
import type { ChangeSource } from '../sync/capture/change-source.ts';
import { TopicSource } from '../sync/kafka/transport/topic-source.ts';

export interface ChangeSourceParts {
  readonly config: NormalizedConfig;
  readonly storeUrl: string;
  readonly target: Knex;
  readonly log: Log;
}

/** Where the changes come from that are applied; undefined: straight from the legacy server. */
export function changeSourceOf({ config, storeUrl, target, log }: ChangeSourceParts): ChangeSource | undefined {
  const { events } = config;
  if (events.via !== 'kafka') return undefined;
  const { spool, batch } = config.capture;
  return new TopicSource({ events, migration: config.name, target, storeUrl, spool, batch, log });
}
