import { FigError } from '../../kernel/fig-error.ts';
import type { Position } from '../../kernel/position.ts';
import { mariadbGtidPosition, mysqlGtidCount } from '../kafka/debezium/binlog-position.ts';
import { GtidMarks } from '../kafka/debezium/gtid-marks.ts';
import type { BinlogPlace } from '../kafka/debezium/snapshot-mark.ts';
import type { TransactionMarks } from '../kafka/debezium/transaction-marks.ts';
import type { MysqlConnection } from './mysql-connection.ts';

/** How a server numbers its transactions. */
type LogKind = 'mariadb-gtid' | 'mysql-gtid' | 'none';

/** Asks a MySQL or MariaDB server about its binary log, in the way of its version. */
export class MysqlServer {
  readonly connection: MysqlConnection;
  #kind: LogKind | undefined;
  #status = '';

  constructor(connection: MysqlConnection) {
    this.connection = connection;
  }

  /** Where the log ends. Throws FIG_DEBEZIUM_SETTING where no number tells that. */
  async position(): Promise<Position> {
    const kind = await this.#learn();
    // A connector names a transaction by where it begins then, and the server tells where the last one ends.
    if (kind === 'none') {
      throw new FigError('FIG_DEBEZIUM_SETTING', 'the legacy server gives no GTIDs to its transactions', {
        remedy:
          'Set gtid_mode=ON on it, or events.settle, so that time takes the place of positions: docs/mysql-family.md.',
      });
    }
    const isMariadb = kind === 'mariadb-gtid';
    const text = await this.#value(
      isMariadb ? 'SELECT @@gtid_binlog_pos AS value' : 'SELECT @@global.gtid_executed AS value',
    );
    if (text === '') {
      throw new FigError('FIG_DEBEZIUM_SETTING', 'the legacy server has no GTID of a transaction', {
        remedy: 'Switch its binary log on, for MySQL with gtid_mode=ON, and write one row.',
      });
    }
    return isMariadb ? mariadbGtidPosition(text) : mysqlGtidCount(text);
  }

  /**
   * The position that the log had at a place; undefined where the server cannot say it. MariaDB knows it of every place that it
   * keeps (`BINLOG_GTID_POS`), MySQL of its end alone.
   */
  async positionAt(place: BinlogPlace): Promise<Position | undefined> {
    if ((await this.#learn()) === 'mariadb-gtid') return this.#mariadbPositionAt(place);
    const { gtids, ...end } = await this.#end();
    return isSame(end, place) && gtids !== '' ? mysqlGtidCount(gtids) : undefined;
  }

  /** Whether nothing was written since the log ended there; false also where that cannot be told. */
  async isAt(place: BinlogPlace): Promise<boolean> {
    if ((await this.#learn()) !== 'mariadb-gtid') return isSame(await this.#end(), place);
    return (await this.#mariadbPositionAt(place)) === (await this.position());
  }

  /** How a connector tells transactions of this server. */
  async marks(): Promise<TransactionMarks> {
    const isMysql = (await this.#learn()) === 'mysql-gtid';
    return new GtidMarks(isMysql ? await this.#value('SELECT @@global.gtid_executed AS value') : '');
  }

  async isEmpty(table: string): Promise<boolean> {
    const name = `\`${table.replaceAll('`', '``')}\``;
    return (await this.connection.rows(`SELECT 1 FROM ${name} LIMIT 1`)).length === 0;
  }

  async #mariadbPositionAt({ file, offset }: BinlogPlace): Promise<Position | undefined> {
    const sql = 'SELECT BINLOG_GTID_POS(?, CAST(? AS UNSIGNED)) AS value';
    const [row] = await this.connection.rows(sql, [file, String(offset)]);
    const gtid = row?.['value'] ?? '';
    return gtid === '' ? undefined : mariadbGtidPosition(gtid);
  }

  /** Throws FIG_DEBEZIUM_SETTING where the account may not see it. */
  async #end(): Promise<BinlogPlace & { readonly gtids: string }> {
    const rows = await this.connection.rows(this.#status).catch((error: unknown) => {
      const message = 'the account may not see how far the log of the legacy server is';
      const remedy = 'GRANT REPLICATION CLIENT ON *.* TO the account, or write one row: docs/mysql-family.md.';
      throw new FigError('FIG_DEBEZIUM_SETTING', message, { remedy, cause: error });
    });
    const { File: file, Position: offset, Executed_Gtid_Set: gtids } = rows[0] ?? {};
    if (file === undefined || file === null) {
      throw new FigError('FIG_DEBEZIUM_SETTING', 'the legacy server writes no binary log', {
        remedy: 'Switch it on: `log_bin`, with `binlog_format=ROW` and `binlog_row_image=FULL`.',
      });
    }
    return { file, offset: BigInt(offset ?? 0), gtids: gtids ?? '' };
  }

  async #learn(): Promise<LogKind> {
    if (this.#kind !== undefined) return this.#kind;
    const version = await this.#value('SELECT version() AS value');
    const isMariadb = /mariadb/i.test(version);
    const [major = 0, minor = 0] = version.split('.').map(Number);
    // MySQL 8.2 has the new name beside the old one, 8.4 has no other.
    const isOld = isMariadb || major < 8 || (major === 8 && minor < 2);
    this.#status = isOld ? 'SHOW MASTER STATUS' : 'SHOW BINARY LOG STATUS';
    if (isMariadb) this.#kind = 'mariadb-gtid';
    else this.#kind = (await this.#value('SELECT @@global.gtid_mode AS value')) === 'ON' ? 'mysql-gtid' : 'none';
    return this.#kind;
  }

  async #value(sql: string): Promise<string> {
    const [row] = await this.connection.rows(sql);
    return row?.['value'] ?? '';
  }
}

function isSame(a: BinlogPlace, b: BinlogPlace): boolean {
  return a.file === b.file && a.offset === b.offset;
}
