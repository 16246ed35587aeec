import type { StartLeaderOptions } from './start-leader.ts';
import { EventPublisher } from '../sync/kafka/publish/event-publisher.ts';

/** Writes domain events to a topic; undefined when none are to be. */
export function startPublisher({
  config,
  storeUrl,
  process,
  target,
  log,
}: StartLeaderOptions): EventPublisher | undefined {
  const { publish, name, legacy } = config;
  if (!publish || legacy.database === undefined) return undefined;
  return new EventPublisher({ publish, migration: name, storeUrl, process, target, log });
}
