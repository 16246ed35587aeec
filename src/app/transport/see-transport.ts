import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import type { Log } from '../../kernel/log.ts';
import type { Metrics } from '../../observe/metrics.ts';
import { listWork } from '../../store/transport-work-store.ts';
import type { Capture } from '../../sync/capture/capture.ts';
import type { TopicReading } from '../../sync/capture/change-source.ts';
import { TopicWatch } from '../../sync/kafka/topic-watch.ts';
import type { Leader } from '../../sync/kafka/transport/leader.ts';
import { readModelNames } from '../../store/read-model-names.ts';
import { capturedModels } from '../following/captured-models.ts';
import type { ServiceStack } from '../starting/service-stack.ts';
import { describeTransport } from './describe-transport.ts';
import { TransportSeen } from './transport-seen.ts';
import type { TransportStatus } from './transport-status.ts';

export interface SeeTransportOptions {
  /** Id of the process; default: one of its own. */
  readonly process?: string | undefined;
  readonly config: NormalizedConfig;
  readonly store: Knex;
  readonly leader: Leader | undefined;
  /** Undefined, as capture may be: no topic is read here. */
  readonly reading: TopicReading | undefined;
  readonly capture: Capture | undefined;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Tells of what this process does between capture and projection, where changes travel by topics. */
export function seeTransport(
  { process = randomUUID(), config, reading, capture, ...rest }: SeeTransportOptions,
  stack: ServiceStack,
): void {
  const { events } = config;
  const applying = reading && capture && { reading, capture };
  if (events.via === 'direct' || (!applying && !rest.leader)) return;
  const watch = new TopicWatch(events, rest.log);
  const topics = (): readonly string[] => (events.via === 'kafka' ? [events.topic] : (reading?.topics ?? []));
  const seen = new TransportSeen({ ...rest, process, config, applying, topics, watch });
  stack.add('transport figures', () => seen.stop());
}

/** Asks the control store what all processes have told; undefined: changes travel by no topic. */
export function transportOf(config: NormalizedConfig, store: Knex): (() => Promise<TransportStatus>) | undefined {
  const { events, name } = config;
  const readModels = capturedModels(config).map((model) => readModelNames(model).projection);
  if (events.via === 'direct' || readModels.length === 0) return undefined;
  return async () => describeTransport(events, readModels, await listWork(store, name));
}
