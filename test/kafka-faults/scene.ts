import knexModule, { type Knex } from 'knex';
import { expect } from 'vitest';
import type { Broker } from '../../examples/kafka/broker.ts';
import type { NormalizedKafkaEvents } from '../../src/config/events-definition.ts';
import { quietLog } from '../../src/store/quiet-pool.ts';
import { openTarget } from '../../src/sync/open-target.ts';
import { seededRandom, seedOrders, Writer } from '../faults/history.ts';
import { Door } from '../support/door.ts';
import { uniqueTopic } from '../support/kafka-server.ts';
import { createStoreDatabase, createTestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';
import { countedByHandler, countedByLegacy, talliesSchema } from '../sync/kafka/transport/counted-model.ts';
import { freshSummary, legacySchema, storedSummary } from '../sync/summary-model.ts';
import { Crew } from './crew.ts';
import { TallyWriter } from './tally-writer.ts';

/** The broker of the scenes, and what may be done to it; `own` where it is no other test's as well. */
export interface BrokerOfScenes {
  readonly address: string;
  readonly own: { readonly broker: Broker; readonly door: Door } | undefined;
}

/** Legacy that is written to, a topic, and processes that lead and apply. */
export interface Scene {
  readonly legacy: Knex;
  readonly target: Knex;
  readonly events: NormalizedKafkaEvents;
  readonly leaders: Crew;
  readonly projectors: Crew;
  /** Between the processes and the databases. */
  readonly doors: { readonly legacy: Door; readonly target: Door };
  readonly broker: BrokerOfScenes;
  readonly random: () => number;
  /** Resolves when so much more was committed. */
  readonly more: (commits?: number) => Promise<void>;
}

export function eventsThrough({ address }: BrokerOfScenes): NormalizedKafkaEvents {
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

/** Fewer transactions are large enough otherwise to be sent before they are committed. */
const STREAMED_FROM = '64kB';

export async function withScene(
  seed: number,
  broker: BrokerOfScenes,
  act: (run: RunOf) => Promise<void>,
): Promise<void> {
  await using legacyDatabase = await createTestDatabase();
  await using targetDatabase = await createStoreDatabase();
  const legacy = knexModule({ client: 'pg', connection: legacyDatabase.url, pool: { min: 0, max: 4 }, log: quietLog });
  const target = openTarget(targetDatabase.url);
  const doors = { legacy: doorOf(legacyDatabase.url), target: doorOf(targetDatabase.url) };
  await doors.legacy.open();
  await doors.target.open();
  const events = eventsThrough(broker);
  const paths = {
    legacyUrl: behind(doors.legacy, legacyDatabase.url),
    targetUrl: behind(doors.target, targetDatabase.url),
    events,
  };
  const random = seededRandom(seed);
  const leaders = new Crew('leader', paths);
  const projectors = new Crew('projector', paths);
  let tallies: TallyWriter | undefined;
  const more = async (commits = 25): Promise<void> => {
    const goal = (tallies?.committed ?? 0) + commits;
    await until('more was written', () => (tallies?.committed ?? 0) >= goal, 60_000);
  };
  const scene: Scene = { legacy, target, events, leaders, projectors, doors, broker, random, more };
  try {
    await legacy.raw(`ALTER DATABASE ${legacyDatabase.name} SET logical_decoding_work_mem = '${STREAMED_FROM}'`);
    await legacy.raw(legacySchema);
    await legacy.raw(talliesSchema);
    await seedOrders(legacy, 200);
    await leaders.fill(1);
    await projectors.fill(1);
    await expectEqual(scene, [leaders, projectors]);
    const tables = await tablesOf(target);
    const run: RunOf = async (fault) => {
      tallies = new TallyWriter(legacyDatabase.url);
      const orders = new Writer(legacyDatabase.url, random, 40);
      try {
        await more();
        await fault(scene);
        await more();
      } finally {
        await tallies.stop();
        await orders.stop();
      }
      await leaders.fill(1);
      await projectors.fill(1);
      await expectEqual(scene, [leaders, projectors]);
      expect(await tablesOf(target), 'nothing was built anew, which would hide what was lost').toEqual(tables);
    };
    await act(run);
  } finally {
    await Promise.all([leaders.killAll(), projectors.killAll()]);
    await Promise.all([legacy.destroy(), target.destroy()]);
    await Promise.all([doors.legacy.shut(), doors.target.shut()]);
  }
}

/** Does something while legacy is written to, and sees that everything took effect exactly once, in order. */
export type RunOf = (fault: (scene: Scene) => Promise<void>) => Promise<void>;

/** `crews`: whose processes may say why not. */
export async function expectEqual(
  { legacy, target }: Pick<Scene, 'legacy' | 'target'>,
  crews: readonly Crew[],
): Promise<void> {
  // The last of all changes, in the sources of both read models.
  await legacy.transaction(async (tx) => {
    await tx.raw('UPDATE tallies SET updates = updates + 1 WHERE id = 1');
    await tx.raw(`UPDATE customers SET name = name || '.' WHERE id = 1`);
  });
  const [tallies, orders] = [await countedByLegacy(legacy), await freshSummary(legacy)];
  const compare = async (): Promise<boolean> => {
    expect(await countedByHandler(target)).toEqual(tallies);
    expect(await storedSummary(target)).toEqual(orders);
    return true;
  };
  try {
    await until('the read models equal legacy', compare, 90_000);
  } catch (error) {
    const situations = await Promise.all(crews.map((crew) => crew.situation()));
    throw new Error(situations.join('\n'), { cause: error });
  }
}

/** What is copied or built anew is another table, and what is emptied has another file. */
export async function tablesOf(target: Knex): Promise<unknown> {
  const { rows } = await target.raw(
    `SELECT oid::regclass::text AS name, oid::text, relfilenode::text FROM pg_class
      WHERE relkind = 'r' AND relnamespace::regnamespace::text IN ('mirror_summary_v1', 'rm_summary_v1', 'rm_counted_v1')
        AND relname NOT LIKE '%items' ORDER BY 1`,
  );
  return rows;
}

export function doorOf(url: string): Door {
  const { hostname, port } = new URL(url);
  return new Door({ host: hostname, port: Number(port) });
}

export function behind(door: Door, url: string): string {
  const its = new URL(url);
  its.hostname = '127.0.0.1';
  its.port = String(door.port);
  return its.href;
}
