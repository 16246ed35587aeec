import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Connect, startConnect } from '../../examples/kafka/connect.ts';
import { PostgresConnector } from '../sync/kafka/debezium/postgres-connector.ts';
import { rightProperties } from '../sync/kafka/debezium/right-properties.ts';
import { Crew } from './crew.ts';
import { expectEqual, tablesOf } from './expect-equal.ts';
import { type BrokerOfScenes, type Stage, withStage } from './stage.ts';

/** Legacy that is written to, a Debezium connector that reads it, and processes that apply what it sends. */
export interface ConnectorScene extends Stage {
  readonly projectors: Crew;
  readonly connect: Connect;
  /** Starts Kafka Connect again, and the connector. */
  readonly restart: () => Promise<void>;
  /** Those that hold its rows, and that of its transactions, which comes last. */
  readonly connectorTopics: readonly string[];
}

const tables = ['orders', 'items', 'customers', 'tallies', 'steps', 'outbox'].map((name) => `public.${name}`);

/** `true`: read models were built again, since the connector may have left something out. */
export type ConnectorRun = (fault: (scene: ConnectorScene) => Promise<void>) => Promise<boolean>;

/**
 * As `withScene` does, with Debezium as the source. Translated changes are not published: those that come while tables are copied
 * again are not, see docs/domain-events.md.
 */
export async function withConnectorScene(
  seed: number,
  broker: BrokerOfScenes,
  act: (run: ConnectorRun) => Promise<void>,
): Promise<number> {
  return withStage({ seed, broker, translates: false }, async ({ stage, paths, legacyUrl, whileWriting }) => {
    const { legacy, target, messengers } = stage;
    const folder = await mkdtemp(join(tmpdir(), 'fig-connector-'));
    const connect = await startConnect({ broker: broker.address, settings: { 'offset.flush.interval.ms': '500' } });
    let connector: PostgresConnector | undefined;
    let projectors: Crew | undefined;
    try {
      await legacy.raw(`CREATE PUBLICATION everything FOR TABLE ${tables.join()}`);
      const own = { connect: connect.url, broker: broker.address };
      const started = await PostgresConnector.start(legacyUrl, 'everything', rightProperties, own);
      connector = started;
      const { prefix } = started;
      const gapsFile = join(folder, 'gaps');
      await writeFile(gapsFile, '');
      const properties = { ...rightProperties, 'slot.name': prefix };
      const crew = new Crew('projector', { ...paths, connector: { prefix, properties, tables, gapsFile } });
      projectors = crew;
      const restart = async (): Promise<void> => {
        await connect.start();
        await started.again();
      };
      const connectorTopics = [...tables, 'transaction'].map((name) => `${prefix}.${name}`);
      const scene: ConnectorScene = { ...stage, projectors: crew, connect, restart, connectorTopics };
      const crews = [crew, messengers];
      await crew.fill(1);
      let published = await expectEqual(scene, crews);
      let built = await tablesOf(target);
      const gaps = async (): Promise<number> => (await readFile(gapsFile)).length;
      await act(async (fault) => {
        const gapsBefore = await gaps();
        await whileWriting(() => fault(scene));
        await Promise.all(crews.map((each) => each.fill(1)));
        published = await expectEqual(scene, crews);
        const before = built;
        built = await tablesOf(target);
        const isAnew = (await gaps()) > gapsBefore;
        if (!isAnew) expect(built, 'nothing was built anew, which would hide what was lost').toEqual(before);
        return isAnew;
      });
      return published;
    } finally {
      await projectors?.killAll();
      await connector?.[Symbol.asyncDispose]().catch(() => undefined); // It ends with Kafka Connect.
      await connect.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
}
