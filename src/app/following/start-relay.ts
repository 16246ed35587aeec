import type { NormalizedConfig } from '../../config/normalized-config.ts';
import type { Log } from '../../kernel/log.ts';
import { Relay } from '../../sync/kafka/domain-events/relay.ts';

/** Sends the events of legacy's outbox to their topic; undefined where there is none. Any number of processes may do so. */
export function startRelay({ domainTopics, legacy }: NormalizedConfig, log: Log): Relay | undefined {
  if (domainTopics?.relay === undefined || legacy.database === undefined) return undefined;
  return new Relay({ ...domainTopics.relay, url: legacy.database, log });
}
