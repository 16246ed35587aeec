import knexModule, { type Knex } from 'knex';
import type { Broker } from '../../examples/kafka/broker.ts';
import type { NormalizedKafkaEvents } from '../../src/config/events-definition.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { quietLog } from '../../src/store/quiet-pool.ts';
import { KafkaConnection } from '../../src/sync/kafka/client/kafka-connection.ts';
import { openTarget } from '../../src/sync/open-target.ts';
import { seededRandom, seedOrders, Writer } from '../faults/history.ts';
import { Door } from '../support/door.ts';
import { uniqueTopic } from '../support/kafka-server.ts';
import { createStoreDatabase, createTestDatabase } from '../support/test-database.ts';
import { talliesSchema } from '../sync/kafka/transport/counted-model.ts';
import { legacySchema } from '../sync/summary-model.ts';
import { Crew, type CrewPaths } from './crew.ts';
import { eventsSchema, type EventTopics } from './event-models.ts';
import { TallyWriter } from './tally-writer.ts';

/** The broker of the scenes, and what may be done to it; `own` where it is no other test's as well. */
export interface BrokerOfScenes {
  readonly address: string;
  readonly own: { readonly broker: Broker; readonly door: Door } | undefined;
}

/** What every scene has: legacy that is written to, where it is applied to, a broker, and those who tell of events. */
export interface Stage {
  readonly legacy: Knex;
  readonly target: Knex;
  readonly events: NormalizedKafkaEvents;
  readonly topics: EventTopics;
  readonly messengers: Crew;
  /** Between the processes and the databases. */
  readonly doors: { readonly legacy: Door; readonly target: Door };
  readonly broker: BrokerOfScenes;
  readonly random: () => number;
  /** Resolves when so much more was committed. */
  readonly more: (commits?: number) => Promise<void>;
}

export interface OpenStage {
  readonly stage: Stage;
  readonly paths: CrewPaths;
  /** Of legacy, without a door. */
  readonly legacyUrl: string;
  /** Does something while legacy is written to, with changes before and after it. */
  readonly whileWriting: (act: () => Promise<void>) => Promise<void>;
}

/** Fewer transactions are large enough otherwise to be sent before they are committed. */
const STREAMED_FROM = '64kB';

export async function withStage<T>(
  {
    seed,
    broker,
    translates,
  }: { readonly seed: number; readonly broker: BrokerOfScenes; readonly translates: boolean },
  act: (open: OpenStage) => Promise<T>,
): Promise<T> {
  await using legacyDatabase = await createTestDatabase();
  await using targetDatabase = await createStoreDatabase();
  const legacy = knexModule({ client: 'pg', connection: legacyDatabase.url, pool: { min: 0, max: 4 }, log: quietLog });
  const target = openTarget(targetDatabase.url);
  const doors = { legacy: doorOf(legacyDatabase.url), target: doorOf(targetDatabase.url) };
  await doors.legacy.open();
  await doors.target.open();
  const events = eventsThrough(broker);
  const topics = { published: uniqueTopic('published'), relayed: uniqueTopic('relayed'), translates };
  const paths: CrewPaths = {
    legacyUrl: behind(doors.legacy, legacyDatabase.url),
    targetUrl: behind(doors.target, targetDatabase.url),
    events,
    topics,
    isShared: seed % 2 === 1,
  };
  const messengers = new Crew('messenger', paths);
  const random = seededRandom(seed);
  let tallies: TallyWriter | undefined;
  const more = async (commits = 25): Promise<void> => tallies?.more(commits);
  try {
    await legacy.raw(`ALTER DATABASE ${legacyDatabase.name} SET logical_decoding_work_mem = '${STREAMED_FROM}'`);
    for (const schema of [legacySchema, talliesSchema, eventsSchema]) await legacy.raw(schema);
    await seedOrders(legacy, 200);
    await makeTopics(events, [topics.published, topics.relayed]);
    await messengers.fill(1);
    return await act({
      stage: { legacy, target, events, topics, messengers, doors, broker, random, more },
      paths,
      legacyUrl: legacyDatabase.url,
      whileWriting: async (during) => {
        const writer = new TallyWriter(legacyDatabase.url);
        const orders = new Writer(legacyDatabase.url, random, () => (writer.isWaitedFor ? 40 : 250));
        tallies = writer;
        try {
          await more();
          await during();
          await more();
        } finally {
          await writer.stop();
          await orders.stop();
        }
      },
    });
  } finally {
    await messengers.killAll();
    await Promise.all([legacy.destroy(), target.destroy()]);
    await Promise.all([doors.legacy.shut(), doors.target.shut()]);
  }
}

function eventsThrough({ address }: BrokerOfScenes): NormalizedKafkaEvents {
  return {
    via: 'kafka',
    brokers: [address],
    topic: uniqueTopic('faults'),
    partitions: 1,
    createTopic: true,
    replicationFactor: undefined,
    security: { tls: undefined, sasl: undefined },
  };
}

/** Of events, which fig never makes. */
async function makeTopics(events: NormalizedKafkaEvents, topics: readonly string[]): Promise<void> {
  await using admin = await new KafkaConnection(events, silentLog).admin();
  for (const topic of topics) await admin.createTopic({ topic, partitions: 2, replicationFactor: 1, settings: {} });
}

function doorOf(url: string): Door {
  const { hostname, port } = new URL(url);
  return new Door({ host: hostname, port: Number(port) });
}

function behind(door: Door, url: string): string {
  const its = new URL(url);
  its.hostname = '127.0.0.1';
  its.port = String(door.port);
  return its.href;
}
