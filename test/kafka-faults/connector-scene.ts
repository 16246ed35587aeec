import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import knexModule from 'knex';
import { expect } from 'vitest';
import { type Connect, startConnect } from '../../examples/kafka/connect.ts';
import { migrateStore } from '../../src/store/control-store.ts';
import { quietLog } from '../../src/store/quiet-pool.ts';
import { openTarget } from '../../src/sync/open-target.ts';
import { seededRandom, seedOrders, Writer } from '../faults/history.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';
import { PostgresConnector } from '../sync/kafka/debezium/postgres-connector.ts';
import { rightProperties } from '../sync/kafka/debezium/right-properties.ts';
import { talliesSchema } from '../sync/kafka/transport/counted-model.ts';
import { legacySchema } from '../sync/summary-model.ts';
import { Crew } from './crew.ts';
import { behind, type BrokerOfScenes, doorOf, eventsThrough, expectEqual, type Scene, tablesOf } from './scene.ts';
import { TallyWriter } from './tally-writer.ts';

/** Legacy that is written to, a Debezium connector that reads it, and processes that apply what it sends. */
export interface ConnectorScene extends Omit<Scene, 'leaders'> {
  readonly connect: Connect;
  /** Starts Kafka Connect again, and the connector. */
  readonly restart: () => Promise<void>;
  /** Those that hold its rows, and that of its transactions, which comes last. */
  readonly topics: readonly string[];
}

const tables = ['public.orders', 'public.items', 'public.customers', 'public.tallies'];

/** `true`: read models were built again, since the connector may have left something out. */
export type ConnectorRun = (fault: (scene: ConnectorScene) => Promise<void>) => Promise<boolean>;

/** As `withScene` does, with Debezium as the source. */
export async function withConnectorScene(
  seed: number,
  broker: BrokerOfScenes,
  act: (run: ConnectorRun) => Promise<void>,
): Promise<void> {
  await using legacyDatabase = await createTestDatabase();
  await using targetDatabase = await createTestDatabase();
  const legacy = knexModule({ client: 'pg', connection: legacyDatabase.url, pool: { min: 0, max: 4 }, log: quietLog });
  const target = openTarget(targetDatabase.url);
  const doors = { legacy: doorOf(legacyDatabase.url), target: doorOf(targetDatabase.url) };
  await doors.legacy.open();
  await doors.target.open();
  const folder = await mkdtemp(join(tmpdir(), 'fig-connector-'));
  const connect = await startConnect({ broker: broker.address, settings: { 'offset.flush.interval.ms': '500' } });
  let connector: PostgresConnector | undefined;
  let projectors: Crew | undefined;
  try {
    await legacy.raw(legacySchema);
    await legacy.raw(talliesSchema);
    await legacy.raw('CREATE PUBLICATION everything FOR ALL TABLES');
    await migrateStore(target);
    await seedOrders(legacy, 200);
    const own = { connect: connect.url, broker: broker.address };
    connector = await PostgresConnector.start(legacyDatabase.url, 'everything', rightProperties, own);
    const { prefix } = connector;
    const gapsFile = join(folder, 'gaps');
    await writeFile(gapsFile, '');
    const events = eventsThrough(broker);
    const properties = { ...rightProperties, 'slot.name': prefix };
    projectors = new Crew('projector', {
      legacyUrl: behind(doors.legacy, legacyDatabase.url),
      targetUrl: behind(doors.target, targetDatabase.url),
      events,
      connector: { prefix, properties, tables, gapsFile },
    });
    const random = seededRandom(seed);
    const started = connector;
    const crew = projectors;
    let tallies: TallyWriter | undefined;
    const more = async (commits = 25): Promise<void> => {
      const goal = (tallies?.committed ?? 0) + commits;
      await until('more was written', () => (tallies?.committed ?? 0) >= goal, 60_000);
    };
    const restart = async (): Promise<void> => {
      await connect.start();
      await started.again();
    };
    const topics = [...tables, 'transaction'].map((name) => `${prefix}.${name}`);
    const scene: ConnectorScene = {
      legacy,
      target,
      events,
      projectors,
      doors,
      broker,
      random,
      more,
      connect,
      restart,
      topics,
    };
    await projectors.fill(1);
    await expectEqual(scene, [projectors]);
    let built = await tablesOf(target);
    const gaps = async (): Promise<number> => (await readFile(gapsFile)).length;
    await act(async (fault) => {
      const gapsBefore = await gaps();
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
      await crew.fill(1);
      await expectEqual(scene, [crew]);
      const before = built;
      built = await tablesOf(target);
      const isAnew = (await gaps()) > gapsBefore;
      if (!isAnew) expect(built, 'nothing was built anew, which would hide what was lost').toEqual(before);
      return isAnew;
    });
  } finally {
    await projectors?.killAll();
    await connector?.[Symbol.asyncDispose]().catch(() => undefined); // It ends with Kafka Connect.
    await connect.stop();
    await Promise.all([legacy.destroy(), target.destroy()]);
    await Promise.all([doors.legacy.shut(), doors.target.shut()]);
    await rm(folder, { recursive: true, force: true });
  }
}
