import type { Knex } from 'knex';
import { describeError, FigError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { laterPosition, type Position } from '../../kernel/position.ts';
import { type Service, startLoop } from '../../kernel/service.ts';
import type { StreamEvent } from '../change.ts';
import type { KafkaAccess } from '../kafka/client/access.ts';
import { KafkaConnection } from '../kafka/client/kafka-connection.ts';
import { type ConnectorProperties, connectorSettings } from '../kafka/debezium/connector-settings.ts';
import { DebeziumStream } from '../kafka/debezium/debezium-stream.ts';
import { openLanes } from '../kafka/debezium/topic-lanes.ts';
import { binlogMarks } from '../kafka/debezium/transaction-marks.ts';
import { Tenure } from '../kafka/transport/tenure.ts';
import { collapseChanges } from '../mirror/collapse-changes.ts';
import { inTransaction } from '../projection/in-transaction.ts';
import { judgeTopics } from './judge-topics.ts';
import { LandingPlace } from './landing-place.ts';
import { LandingTable } from './landing-table.ts';
import { describeMysqlTable } from './mysql-catalog.ts';
import { openMysql } from './mysql-connection.ts';
import { isMariadb, readGtidPosition } from './mysql-position.ts';

export interface LandingOptions {
  /** The landing database. */
  readonly db: Knex;
  /** A reading account of the legacy server: `mysql://user:password@host/database`. */
  readonly legacy: string;
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

type LandingTables = ReadonlyMap<string, LandingTable>;

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

  constructor(options: LandingOptions) {
    this.#options = options;
    this.#kafka = new KafkaConnection(options.access, options.log);
    this.#loop = startLoop({
      name: this.name,
      turn: (signal) => this.#turn(signal),
      onError: (error, attempt) => {
        this.#failure = describeError(error);
        const fields = { error: this.#failure, ...(error instanceof FigError && { code: error.code }) };
        if (attempt === 1) options.log.warn(fields, 'changes of the legacy database do not land; tried again');
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
    try {
      await this.#land(AbortSignal.any([signal, tenure.lost]), tenure.lost);
    } finally {
      await tenure[Symbol.asyncDispose]();
    }
    return signal.aborted ? undefined : 0;
  }

  async #land(signal: AbortSignal, lost: AbortSignal): Promise<void> {
    const { db, prefix, properties } = this.#options;
    const place = new LandingPlace(prefix);
    const landed = await place.claim(db);
    const { position, snapshots } = landed ?? { position: 0n, snapshots: new Map<string, bigint>() };
    const { tables, end } = await this.#prepare(position);
    const names = [...tables.keys()].map((name) => `${prefix}.${name}`);
    await judgeTopics(this.#kafka, { transactions: `${prefix}.transaction`, tables: names, landed: position, end });
    if (!landed) await this.#begin(place, [...tables.values()]);
    const decoded = [...tables].map(([name, { definition }]) => ({
      name,
      columns: definition.columns,
      identityColumns: definition.key,
    }));
    await using stream = new DebeziumStream({
      lanes: await openLanes(this.#kafka, prefix, [...names, `${prefix}.transaction`]),
      tables: decoded,
      settings: connectorSettings(properties),
      from: position,
      snapshots,
      marks: binlogMarks,
      lost,
    });
    signal.addEventListener('abort', () => void stream[Symbol.asyncDispose](), { once: true });
    // It may have come while the topics were opened, and the next event may be long in coming.
    if (signal.aborted) return;
    const keys = new Map([...tables].map(([name, { definition }]) => [name, definition.key]));
    let at = position;
    for (let events = await stream.next(); events && !signal.aborted; events = await stream.next()) {
      at = events.reduce((reached, event) => laterPosition(reached, endOf(event)), at);
      const changes = events.flatMap((event) => (event.type === 'transaction' ? event.transaction.changes : []));
      const net = collapseChanges(changes, keys);
      await inTransaction(db, async (tx) => {
        for (const [name, table] of net) await tables.get(name)!.land(tx, table);
        await place.move(tx, { position: at, snapshots: stream.snapshotOffsets });
      });
      this.#failure = undefined;
    }
  }

  /** Tables by the names that the connector has for them, and where the legacy server's log ends. */
  async #prepare(landed: Position): Promise<{ readonly tables: LandingTables; readonly end: Position }> {
    const { legacy, tables, db, log } = this.#options;
    await using mysql = openMysql(legacy);
    const end = await readGtidPosition(mysql, await isMariadb(mysql));
    if (end < landed) {
      const message = 'the legacy server is behind what has landed: it was set back, or its log begun anew';
      throw new FigError('FIG_LOG_FORKED', message, { remedy: 'Land anew, see docs/debezium.md.' });
    }
    const found = new Map<string, LandingTable>();
    for (const name of tables) {
      const table = new LandingTable(await describeMysqlTable(mysql, name));
      const later = await inTransaction(db, (tx) => table.prepare(tx, { mayMake: landed === 0n }));
      if (later.length > 0) log.warn({ table: name, columns: later }, 'columns that came later do not land');
      found.set(`${mysql.database}.${name}`, table);
    }
    return { tables: found, end };
  }

  /** What an interrupted beginning has left is of no use. */
  async #begin(place: LandingPlace, tables: readonly LandingTable[]): Promise<void> {
    await inTransaction(this.#options.db, async (tx) => {
      for (const table of tables) await table.empty(tx);
      await place.move(tx, { position: 0n, snapshots: new Map() });
    });
  }
}

function endOf(event: StreamEvent): bigint {
  return event.type === 'position' ? event.position : event.transaction.endPosition;
}
