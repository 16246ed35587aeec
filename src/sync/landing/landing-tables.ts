import type { Knex } from 'knex';
import { FigError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import type { Position } from '../../kernel/position.ts';
import type { KafkaConnection } from '../kafka/client/kafka-connection.ts';
import { inTransaction } from '../projection/in-transaction.ts';
import type { Landed } from './landing-place.ts';
import { LandingTable } from './landing-table.ts';
import { describeMysqlTable, type LandedTable } from './mysql-catalog.ts';
import type { MysqlServer } from './mysql-server.ts';
import { describeTopicTable } from './topic-table.ts';

export interface TablesToPrepare {
  /** The landing database. */
  readonly db: Knex;
  readonly kafka: KafkaConnection;
  /** Undefined: no account reads its catalog, so the messages of its topics have to tell. */
  readonly server: MysqlServer | undefined;
  /** Legacy tables that read models ask for, by name. */
  readonly names: readonly string[];
  /** What the topics of tables begin with: the connector's prefix and the legacy database. */
  readonly topics: string;
  readonly landed: Landed;
  readonly log: Log;
}

/** The tables to land by the names of their topics, made where they are not there. Throws as `LandingTable.prepare` does, and FIG_TOPIC_WAITS. */
export async function prepareTables(parts: TablesToPrepare): Promise<ReadonlyMap<string, LandingTable>> {
  const { db, names, topics, landed, log } = parts;
  const found = new Map<string, LandingTable>();
  for (const name of names) {
    const table = new LandingTable(await describe(parts, name));
    const later = await inTransaction(db, (tx) => table.prepare(tx, { mayMake: !landed.isWhole }));
    if (later.length > 0) log.warn({ table: name, columns: later }, 'columns that came later do not land');
    found.set(`${topics}.${name}`, table);
  }
  return found;
}

async function describe({ db, kafka, server, topics, landed }: TablesToPrepare, name: string): Promise<LandedTable> {
  if (server) return describeMysqlTable(server.connection, name);
  // Its first message may have gone by now, and tells less than the table that was made from it.
  const made = landed.isWhole ? await inTransaction(db, (tx) => LandingTable.made(tx, name)) : undefined;
  return made ?? describeTopicTable(kafka, `${topics}.${name}`, name);
}

/** Where the log of the legacy server ends. Throws FIG_LOG_FORKED where that is before what has landed. */
export async function readEnd(server: MysqlServer, { position }: Landed): Promise<Position> {
  const end = await server.position();
  if (end >= position) return end;
  const message = 'the legacy server is behind what has landed: it was set back, or its log begun anew';
  throw new FigError('FIG_LOG_FORKED', message, { remedy: 'Land anew, see docs/mysql-family.md.' });
}
