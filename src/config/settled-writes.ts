import type { NormalizedConfig } from './normalized-config.ts';

const DEFAULT_MS = 5_000;

/**
 * How long a write may take to get into the topics of a connector for MySQL, in milliseconds, where that orders writes and read
 * models; undefined: the log of the legacy server does.
 */
export function settledByMs({ events, legacy }: Pick<NormalizedConfig, 'events' | 'legacy'>): number | undefined {
  if (events.via !== 'debezium' || events.connector !== 'mysql') return undefined;
  return events.settleMs ?? (legacy.mysql === undefined ? DEFAULT_MS : undefined);
}

/** Whether the database that read models are captured from is one where a legacy database in MySQL lands. */
export function isLanding({ events }: Pick<NormalizedConfig, 'events'>): boolean {
  return events.via === 'debezium' && events.connector === 'mysql';
}
