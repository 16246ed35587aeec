import type { Knex } from 'knex';
import { FailureLog } from '../../kernel/failure-log.ts';
import { describeError } from '../../kernel/fig-error.ts';
import { silentLog, type Log } from '../../kernel/log.ts';
import { type Service, startLoop } from '../../kernel/service.ts';
import { StoreClock } from '../batch/store-clock.ts';
import type { KafkaAccess } from '../kafka/client/access.ts';
import { KafkaConnection } from '../kafka/client/kafka-connection.ts';
import { type ConnectorProperties, connectorSettings } from '../kafka/debezium/connector-settings.ts';
import { DebeziumStream } from '../kafka/debezium/debezium-stream.ts';
import { GtidMarks } from '../kafka/debezium/gtid-marks.ts';
import { SnapshotBegunAnew } from '../kafka/debezium/snapshot-book.ts';
import type { DecodedTable } from '../kafka/debezium/row-decoder.ts';
import { openLanes } from '../kafka/debezium/topic-lanes.ts';
import { Tenure } from '../kafka/transport/tenure.ts';
import { inTransaction } from '../projection/in-transaction.ts';
import { columnJudge } from './judge-columns.ts';
import { judgeTopics } from './judge-topics.ts';
import { type Landed, LandingPlace, nothingLanded } from './landing-place.ts';
import { LandingSession } from './landing-session.ts';
import type { LandingTable } from './landing-table.ts';
import { prepareTables, readEnd } from './landing-tables.ts';
import type { LandedTable } from './mysql-catalog.ts';
import { type MysqlConnection, openMysql } from './mysql-connection.ts';
import { MysqlServer } from './mysql-server.ts';
import { SchemaWatch } from './schema-watch.ts';
import { SettledWrites } from './settled-writes.ts';

export interface LandingOptions {
  /** The landing database. */
  readonly db: Knex;
  readonly legacy: LegacyAccess;
  readonly access: KafkaAccess;
  /** `topic.prefix` of the connector. */
  readonly prefix: string;
  /** What the connector is set to. */
  readonly properties: ConnectorProperties;
  readonly migration: string;
  /** Legacy tables that read models ask for, by name. */
  readonly tables: readonly string[];
  readonly storeUrl: string;
  /** UUID of this process. */
  readonly process: string;
  readonly log: Log;
}

/** What is known of the legacy server besides its topics. */
export interface LegacyAccess {
  /** Name of the legacy database. */
  readonly database: string;
  /** A reading account: `mysql://user:password@host/database`; undefined: there is none. */
  readonly account: string | undefined;
  /** How long a write may take to get into the topics; undefined: writes are ordered by the server's log. */
  readonly settleMs: number | undefined;
}

/**
 * Keeps a PostgreSQL database equal to tables of a MySQL or MariaDB server, by what a Debezium connector writes to its topics: whole
 * transactions in the order of commits, each with its place in one transaction. Read models are captured from that database
 * as from any other. One process of a migration lands at a time. See docs/decisions/0069-landing.md.
 */
export class Landing implements Service {
  readonly name = 'landing';
  readonly #options: LandingOptions;
  readonly #kafka: KafkaConnection;
  readonly #loop: Service;
  #failure: string | undefined;
  #tables: readonly LandingTable[] = [];

  constructor(options: LandingOptions) {
    this.#options = options;
    this.#kafka = new KafkaConnection(options.access, options.log);
    const failures = new FailureLog(options.log, {
      first: 'changes of the legacy database do not land yet; tried again',
      again: 'changes of the legacy database do not land; tried again',
    });
    this.#loop = startLoop({
      name: this.name,
      turn: (signal) => this.#turn(signal),
      onError: (error, attempt) => {
        this.#failure = describeError(error);
        failures.tell(error, attempt);
      },
    });
  }

  /** Why nothing lands. */
  get failure(): string | undefined {
    return this.#failure;
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async #turn(signal: AbortSignal): Promise<number | undefined> {
    const { storeUrl, migration, process, log } = this.#options;
    const tenure = await Tenure.take(storeUrl, { migration, office: 'landing', process, log }, signal);
    if (!tenure) return undefined;
    const place = new LandingPlace(this.#options.prefix);
    try {
      await this.#land(place, AbortSignal.any([signal, tenure.lost]), tenure.lost);
    } catch (error) {
      if (!(error instanceof SnapshotBegunAnew)) throw error;
      log.warn({ reason: error.message }, 'what has landed of the snapshot before is put away');
      await this.#begin(place, { ...nothingLanded, snapshotPlace: error.place });
    } finally {
      await tenure[Symbol.asyncDispose]();
    }
    return signal.aborted ? undefined : 0;
  }

  async #land(place: LandingPlace, signal: AbortSignal, lost: AbortSignal): Promise<void> {
    const { db, prefix, properties, legacy, log } = this.#options;
    const claimed = await place.claim(db);
    const landed = claimed ?? nothingLanded;
    await using open = openLegacy(this.#options);
    const { server, clock } = open;
    const isExact = legacy.settleMs === undefined;
    const end = server && isExact ? await readEnd(server, landed) : undefined;
    const topics = `${prefix}.${legacy.database}`;
    const names = this.#options.tables;
    const marks = (await server?.marks()) ?? new GtidMarks('');
    const tables = await prepareTables({ db, kafka: this.#kafka, server, names, topics, landed, log });
    const topicsOfTables = [...tables.keys()];
    await judgeTopics(this.#kafka, {
      transactions: `${prefix}.transaction`,
      tables: topicsOfTables,
      landed,
      end,
      marks,
    });
    this.#tables = [...tables.values()];
    if (!claimed) await this.#begin(place, nothingLanded);
    const byName = new Map([...tables].map(([topic, table]) => [topic.slice(prefix.length + 1), table]));
    await using stream = new DebeziumStream({
      lanes: await openLanes(this.#kafka, prefix, [...topicsOfTables, `${prefix}.transaction`]),
      tables: [...byName].map(([name, { definition }]) => decodedOf(name, definition, server === undefined)),
      settings: connectorSettings(properties),
      from: landed.position,
      snapshots: { offsets: landed.snapshots, place: landed.snapshotPlace, isWhole: landed.isWhole },
      marks,
      lost,
    });
    await using schemas = new SchemaWatch({
      lanes: await openLanes(this.#kafka, prefix, [prefix]),
      tables: [...byName.values()].map(({ definition }) => definition),
      from: landed.snapshots,
    });
    signal.addEventListener('abort', () => void stream[Symbol.asyncDispose](), { once: true });
    // It may have come while the topics were opened, and the next event may be long in coming.
    if (signal.aborted) return;
    const settled = clock && new SettledWrites({ db, place, clock, settleMs: legacy.settleMs! });
    const onLevel = (): void => {
      this.#failure = undefined;
    };
    const onWaiting = (reason: string): void => {
      this.#failure = reason;
    };
    const told = { settled, onLevel, onWaiting, log };
    const parts = { db, place, landed, stream, schemas, tables: byName, prefix: `${prefix}.`, server, ...told };
    try {
      await new LandingSession(parts).run(signal);
    } catch (error) {
      await place.refuse(db, error);
      throw error;
    }
  }

  /** What an interrupted beginning has left is of no use. */
  async #begin(place: LandingPlace, landed: Landed): Promise<void> {
    await inTransaction(this.#options.db, async (tx) => {
      for (const table of this.#tables) await table.empty(tx);
      await place.move(tx, landed, false);
    });
  }
}

function decodedOf(name: string, definition: LandedTable, isExact: boolean): DecodedTable {
  const { columns, key } = definition;
  return { name, columns, identityColumns: key, judge: columnJudge(definition, { isExact }) };
}

interface OpenLegacy extends AsyncDisposable {
  readonly server: MysqlServer | undefined;
  /** Steps of the store, where they take the place of the server's positions. */
  readonly clock: StoreClock | undefined;
}

function openLegacy({ legacy: { account, settleMs }, storeUrl }: LandingOptions): OpenLegacy {
  const connection: MysqlConnection | undefined = account === undefined ? undefined : openMysql(account);
  const clock = settleMs === undefined ? undefined : new StoreClock(storeUrl, silentLog);
  return {
    server: connection && new MysqlServer(connection),
    clock,
    [Symbol.asyncDispose]: async () => {
      await connection?.[Symbol.asyncDispose]();
      await clock?.[Symbol.asyncDispose]();
    },
  };
}
