import { type Log, silentLog } from '../../../../src/kernel/log.ts';
import type { NormalizedKafkaEvents } from '../../../../src/config/events-definition.ts';
import { readModelNames } from '../../../../src/store/read-model-names.ts';
import { batchDefaults } from '../../../../src/sync/batch-limits.ts';
import type { Capture } from '../../../../src/sync/capture/capture.ts';
import type { CaptureOptions } from '../../../../src/sync/capture/capture-options.ts';
import { Leader, type LeaderOptions } from '../../../../src/sync/kafka/transport/leader.ts';
import { TopicSource } from '../../../../src/sync/kafka/transport/topic-source.ts';
import { spoolDefaults } from '../../../../src/sync/postgres/spool-space.ts';
import { sharedKafka, uniqueTopic } from '../../../support/kafka-server.ts';
import { type SyncSetup, setupSync } from '../../fixtures.ts';
import { summary } from '../../summary-model.ts';

export interface KafkaSetup extends AsyncDisposable {
  readonly sync: SyncSetup;
  readonly events: NormalizedKafkaEvents;
  startLeader(more?: Partial<LeaderOptions>): Leader;
  /** A process that reads the topic and applies. */
  startProjector(more?: Partial<CaptureOptions>): Capture & { readonly topic: TopicSource };
  /** The same, of read models that processes share. */
  startSharer(more: Pick<CaptureOptions, 'readModels'>): Capture & { readonly topic: TopicSource };
}

/** Legacy, target and a topic of the test's own. */
export async function setupThroughKafka({
  broker,
  legacyServer,
  log = silentLog,
}: { broker?: string; legacyServer?: string; log?: Log } = {}): Promise<KafkaSetup> {
  const brokers = [broker ?? (await sharedKafka())];
  const sync = await setupSync(legacyServer === undefined ? {} : { legacyServer });
  const startReader = (shared: readonly string[] | undefined, more: Partial<CaptureOptions>) => {
    const topic = new TopicSource({
      events,
      migration: 'test',
      target: sync.target,
      storeUrl: sync.targetUrl,
      spool: more.spool ?? spoolDefaults,
      batch: more.batch ?? batchDefaults,
      shared,
      log,
    });
    return Object.assign(sync.startCapture({ log, ...more, changes: topic }), { topic });
  };
  const started: { stop(): Promise<void> }[] = [];
  const events: NormalizedKafkaEvents = {
    via: 'kafka',
    brokers,
    topic: uniqueTopic(),
    partitions: 1,
    createTopic: true,
    replicationFactor: undefined,
    security: { tls: undefined, sasl: undefined },
  };
  return {
    sync,
    events,
    startLeader: (more = {}) => {
      const leader = new Leader({
        url: sync.legacyUrl,
        storeUrl: sync.targetUrl,
        target: sync.target,
        migration: 'test',
        readModels: [summary],
        events,
        log,
        ...more,
      });
      started.push(leader);
      return leader;
    },
    startProjector: (more = {}) => startReader(undefined, more),
    startSharer: ({ readModels }) =>
      startReader(
        readModels.map((readModel) => readModelNames(readModel).projection),
        { readModels },
      ),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(started.map((each) => each.stop()));
      await sync[Symbol.asyncDispose]();
    },
  };
}
