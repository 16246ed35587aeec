import type { NormalizedConfig } from './normalized-config.ts';
import { type AnyReadModelDefinition, isCaptured, isFromTopics } from './read-model-kinds.ts';
import { settleMsOf } from './topic-read-model.ts';

const DEFAULT_MS = 5_000;

/**
 * How long a write may take to get into the topics of a connector for MySQL, in milliseconds, where that orders writes and read
 * models; undefined: the log of the legacy server does.
 */
export function settledByMs({ events, legacy }: Pick<NormalizedConfig, 'events' | 'legacy'>): number | undefined {
  if (events.via !== 'debezium' || events.connector !== 'mysql') return undefined;
  return events.settleMs ?? (legacy.mysql === undefined ? DEFAULT_MS : undefined);
}

/**
 * For so long, in milliseconds, a write may be on its way into a read model that has it by time; undefined: positions of the
 * legacy server's log tell what it has, or nothing does.
 */
export function arrivesWithinMs(
  readModel: AnyReadModelDefinition | undefined,
  config: Pick<NormalizedConfig, 'events' | 'legacy'>,
): number | undefined {
  if (readModel === undefined) return undefined;
  if (isFromTopics(readModel)) return settleMsOf(readModel);
  return isCaptured(readModel) ? settledByMs(config) : undefined;
}

/** Name of a legacy database in MySQL, which its topics are named after. */
export function legacyNameOf({ events, legacy }: Pick<NormalizedConfig, 'events' | 'legacy'>): string {
  const named = events.via === 'debezium' ? events.database : undefined;
  return named ?? decodeURIComponent(new URL(legacy.mysql!).pathname.slice(1));
}

/** Whether the database that read models are captured from is one where a legacy database in MySQL lands. */
export function isLanding({ events }: Pick<NormalizedConfig, 'events'>): boolean {
  return events.via === 'debezium' && events.connector === 'mysql';
}
