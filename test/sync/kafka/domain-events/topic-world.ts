import { once } from 'node:events';
import type { DomainEvent } from '../../../../src/config/domain-event.ts';
import type { EventFormat, NormalizedEventTopic } from '../../../../src/config/domain-topics-definition.ts';
import { readModelFingerprint } from '../../../../src/config/fingerprint.ts';
import type { TopicReadModelDefinition } from '../../../../src/config/topic-read-model.ts';
import { silentLog } from '../../../../src/kernel/log.ts';
import { clockOf } from '../../../../src/sync/batch/batch-clock.ts';
import { StoreClock } from '../../../../src/sync/batch/store-clock.ts';
import { KafkaConnection } from '../../../../src/sync/kafka/client/kafka-connection.ts';
import type { MessageToSend } from '../../../../src/sync/kafka/client/kafka-producer.ts';
import { encodeCloudEvent } from '../../../../src/sync/kafka/domain-events/encode-cloud-event.ts';
import { TopicReadModel } from '../../../../src/sync/kafka/domain-events/topic-read-model.ts';
import { kafkajs } from '../../../../src/sync/kafka/client/kafkajs.ts';
import { openTarget } from '../../../../src/sync/open-target.ts';
import { sharedKafka, uniqueTopic } from '../../../support/kafka-server.ts';
import { plainAccess } from '../../../support/kafka-settings.ts';
import { eventTypes, sumModel } from './sum-model.ts';
import { createStoreDatabase } from '../../../support/test-database.ts';
import { until } from '../../../support/until.ts';

type Admin = ReturnType<InstanceType<typeof kafkajs.Kafka>['admin']>;

let number = 0;

export function paid(key: string, amount: number, more: Partial<DomainEvent> = {}): DomainEvent {
  number += 1;
  return {
    id: `event ${String(number)}`,
    type: 'Paid',
    key,
    at: new Date(),
    data: { amount },
    position: undefined,
    ...more,
  };
}

export const cloud = (event: DomainEvent, partition = 0): MessageToSend => {
  const { key, value, headers } = encodeCloudEvent(event, '/bank');
  return { partition, key: Buffer.from(key), value: Buffer.from(value), headers };
};

/** A topic, a control store, and as many processes that keep the read model as are started. */
export async function topicWorld({
  partitions = 1,
  format = 'cloudevents',
}: { readonly partitions?: number; readonly format?: EventFormat } = {}) {
  const access = plainAccess(await sharedKafka());
  const kafka = new KafkaConnection(access, silentLog);
  const topic = uniqueTopic();
  const store = await createStoreDatabase();
  const target = openTarget(store.url, 6);
  const clock = new StoreClock(store.url, silentLog);
  let producer = await kafka.producer();
  const admin = await kafka.admin();
  const makeTopic = (count = partitions): Promise<boolean> =>
    admin.createTopic({ topic, partitions: count, replicationFactor: 1, settings: {} });
  await makeTopic();
  let held: Promise<unknown> | undefined;
  const askClock = async (): Promise<bigint> => {
    await held;
    return clock.read();
  };
  const started: TopicReadModel[] = [];
  const parkings: number[] = [];
  const start = (
    more: Partial<TopicReadModelDefinition> = {},
    rules: Partial<NormalizedEventTopic> & { readonly maxLetters?: number } = {},
  ): TopicReadModel => {
    const definition = sumModel(topic, more);
    const { maxLetters = 100, ...ofTopic } = rules;
    const readModel = new TopicReadModel({
      definition,
      fingerprint: readModelFingerprint(definition),
      migration: 'shop',
      topics: [{ ...access, topic, format, from: 'beginning', ignore: new Set(), ...ofTopic }],
      types: eventTypes,
      target,
      storeUrl: store.url,
      clock: clockOf({ read: askClock, nudge: () => undefined }, () => 'store'),
      maxLetters,
      log: silentLog,
      onPosition: () => undefined,
      onParked: (count) => parkings.push(count),
    });
    started.push(readModel);
    return readModel;
  };
  const totals = async (version = 1): Promise<Record<string, number>> => {
    const rows: { id: string; total: string }[] = await target(`rm_account_v${String(version)}.account`)
      .orderBy('id')
      .catch(() => []);
    return Object.fromEntries(rows.map(({ id, total }) => [id, Number(total)]));
  };
  const history = async (): Promise<string[]> => {
    const rows: { account: string; amount: string }[] = await target('rm_account_v1.history').orderBy('n');
    return rows.map(({ account, amount }) => `${account} ${amount}`);
  };
  const withTool = async (work: (tool: Admin) => Promise<void>): Promise<void> => {
    const tool = new kafkajs.Kafka({ brokers: [...access.brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
    await tool.connect();
    await work(tool);
    await tool.disconnect();
    // Of what it did not know when it connected, a producer hears after minutes.
    await producer[Symbol.asyncDispose]();
    producer = await kafka.producer();
  };
  return {
    topic,
    access,
    kafka,
    admin,
    makeTopic,
    storeUrl: store.url,
    target,
    clock,
    /** Read models are given no step of the store until this is called back. */
    holdClock: (): (() => void) => {
      const over = new AbortController();
      held = once(over.signal, 'abort');
      return () => {
        held = undefined;
        over.abort();
      };
    },
    start,
    totals,
    history,
    parkings,
    /** As an operator would, with a tool of Kafka's. */
    addPartitions: (count: number): Promise<void> =>
      withTool(async (tool) => {
        await tool.createPartitions({ topicPartitions: [{ topic, count }] });
      }),
    remakeTopic: async (): Promise<void> => {
      await admin.deleteTopic(topic);
      await until('it is gone', async () => (await admin.describeTopic(topic)) === undefined);
      await makeTopic();
      await withTool(() => Promise.resolve());
    },
    removeBefore: (offset: number): Promise<void> =>
      withTool(async (tool) => {
        await tool.fetchTopicOffsets(topic);
        await tool.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
      }),
    send: (...messages: readonly MessageToSend[]) => producer.send(topic, messages),
    untilTotals: (expected: Record<string, number>, version = 1) =>
      until(`the totals are ${JSON.stringify(expected)}`, async () => {
        const found = await totals(version);
        if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(JSON.stringify(found));
        return true;
      }),
    async [Symbol.asyncDispose]() {
      await Promise.all(started.map((each) => each.stop()));
      await producer[Symbol.asyncDispose]();
      await admin[Symbol.asyncDispose]();
      await clock[Symbol.asyncDispose]();
      await target.destroy();
      await store[Symbol.asyncDispose]();
    },
  };
}
