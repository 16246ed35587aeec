import { Client } from 'pg';
import { quoteName } from '../postgres/bulk-upsert.ts';
import type { RawRow } from '../change.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';
import { parseSnapshot, type SourceSnapshot } from '../postgres/source-snapshot.ts';
import { messagePrefix } from '../postgres/source-position.ts';
import { sessionOptions, textTypes } from '../postgres/session-settings.ts';
import { askApart } from './ask-apart.ts';
import { ComparedTable, type Key, keysAmong } from './compared-table.ts';
import { endConnection, noticesCuts } from '../postgres/legacy-connection.ts';
import { numberedPlaceholders } from '../postgres/placeholders.ts';

/** Nothing that a comparison asks should take long; what does is ended before it hurts. */
const STATEMENT_BUDGET_MS = 60_000;
/** For the answer to arrive after legacy has given up by itself. */
const ANSWER_BUDGET_MS = 10_000;

/**
 * The legacy side: one connection that holds a snapshot at a time, and one that writes markers meanwhile. Takes no locks
 * but those of a SELECT, and uses one core of the server at most.
 */
export class LegacyReader implements AsyncDisposable {
  readonly #snapshots: Client;
  readonly #markers: Client;
  readonly #encoding: string;
  #busyMs = 0;

  private constructor(snapshots: Client, markers: Client, encoding: string) {
    this.#snapshots = snapshots;
    this.#markers = markers;
    this.#encoding = encoding;
  }

  static async open(url: string): Promise<LegacyReader> {
    const more = {
      max_parallel_workers_per_gather: '0',
      jit: 'off',
      statement_timeout: String(STATEMENT_BUDGET_MS),
      idle_in_transaction_session_timeout: String(STATEMENT_BUDGET_MS),
    };
    const [snapshots, markers] = [0, 1].map(
      () =>
        new Client({
          ...noticesCuts,
          connectionString: url,
          application_name: 'fig reconcile',
          query_timeout: STATEMENT_BUDGET_MS + ANSWER_BUDGET_MS,
          options: sessionOptions(more),
          types: textTypes,
        }),
    ) as [Client, Client];
    try {
      for (const client of [snapshots, markers]) {
        client.on('error', () => undefined); // A broken connection fails the query that is running, which is reported.
        await client.connect();
      }
      const { rows } = await snapshots.query<{ server_encoding: string }>('SHOW server_encoding');
      return new LegacyReader(snapshots, markers, rows[0]!.server_encoding);
    } catch (error) {
      await Promise.allSettled([endConnection(snapshots), endConnection(markers)]);
      throw error;
    }
  }

  /** Milliseconds that legacy has worked for us so far. */
  get busyMs(): number {
    return this.#busyMs;
  }

  async mark(content: string): Promise<void> {
    await this.#markers.query('SELECT pg_logical_emit_message(true, $1, $2)', [messagePrefix, content]);
  }

  /** The first transaction id that has not been given out yet. */
  async nextXid(): Promise<bigint> {
    const { rows } = await this.#markers.query<{ xmax: string }>(
      'SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS xmax',
    );
    return BigInt(rows[0]!.xmax);
  }

  async openSnapshot(): Promise<SourceSnapshot> {
    await this.#snapshots.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { rows } = await this.#snapshots.query<{ s: string }>('SELECT pg_current_snapshot()::text AS s');
    return parseSnapshot(rows[0]!.s);
  }

  async closeSnapshot(): Promise<void> {
    await this.#snapshots.query('ROLLBACK');
  }

  /** A table as the open snapshot sees it. */
  table({ source, key }: MirrorTable): ComparedTable {
    const columns = source.columns.map(({ name, sourceType }) => ({ name, type: sourceType }));
    return new ComparedTable({
      run: (sql, bindings) => this.#timed(sql, bindings),
      table: `${quoteName(source.schema)}.${quoteName(source.table)}`,
      key: key.map((name) => columns.find((column) => column.name === name)!),
      columns,
      encoding: this.#encoding,
      apart: this.#encoding === 'UTF8' ? undefined : (keys, ask) => askApart(this.#snapshots, keys, ask),
    });
  }

  /** Rows with these keys as the open snapshot sees them, all values as they are printed. */
  async rowsOf({ source, key }: MirrorTable, keys: readonly Key[]): Promise<readonly RawRow[]> {
    const typeOf = (name: string): string => source.columns.find((column) => column.name === name)!.sourceType;
    const columns = source.columns.map(({ name }) => `t.${quoteName(name)}`).join(', ');
    const table = `${quoteName(source.schema)}.${quoteName(source.table)}`;
    const ask = (some: readonly Key[]): Promise<RawRow[]> => {
      const { where, bindings } = keysAmong(
        key.map((name) => ({ name, type: typeOf(name) })),
        some,
      );
      return this.#timed(`SELECT ${columns} FROM ${table} AS t ${where}`, bindings);
    };
    return this.#encoding === 'UTF8' ? ask(keys) : askApart(this.#snapshots, keys, ask);
  }

  /**
   * Those of the transactions that may have committed although snapshots do not see them, such as one that waits for a
   * standby. One that a session is known to work in has not.
   */
  async mayHaveCommitted(xids: readonly bigint[]): Promise<readonly string[]> {
    const { rows } = await this.#markers.query<{ xid: string }>(
      `SELECT x.xid FROM unnest($1::text[], $2::text[]) AS x(xid, low)
        WHERE NOT EXISTS (SELECT 1 FROM pg_stat_activity a
                WHERE a.backend_xid::text = x.low AND a.state IS NOT NULL AND a.wait_event IS DISTINCT FROM 'SyncRep')
          AND NOT EXISTS (SELECT 1 FROM pg_prepared_xacts p WHERE p.transaction::text = x.low)`,
      [xids.map(String), xids.map((xid) => String(xid & 0xffff_ffffn))],
    );
    return rows.map(({ xid }) => xid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([endConnection(this.#snapshots), endConnection(this.#markers)]);
  }

  async #timed(sql: string, bindings: readonly unknown[]): Promise<Record<string, string>[]> {
    const start = performance.now();
    try {
      const { rows } = await this.#snapshots.query<Record<string, string>>(numberedPlaceholders(sql), [...bindings]);
      return rows;
    } finally {
      this.#busyMs += performance.now() - start;
    }
  }
}
