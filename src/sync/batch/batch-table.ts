import type { Knex } from 'knex';
import { DatabaseError } from 'pg';
import type { BatchReadModelDefinition, BatchRow } from '../../config/batch-read-model.ts';
import { FigError } from '../../kernel/fig-error.ts';
import { readModelNames } from '../../store/read-model-names.ts';
import { bulkWrite, quoteName, type TypedColumn } from '../postgres/bulk-upsert.ts';
import { toText } from '../projection/read-model-table.ts';

const LOCK_BUDGET_MS = 2_000;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * The table of a batch read model and the one that is being filled beside it. The two differ by their schema, so that indexes
 * and constraints have the same names in both, and the schemas change names when the new one is full.
 */
export class BatchTable {
  readonly #definition: BatchReadModelDefinition;
  readonly #schemas: { readonly now: string; readonly next: string; readonly old: string };
  readonly #table: string;
  #columns: readonly TypedColumn[] = [];

  constructor(definition: BatchReadModelDefinition) {
    const { schema } = readModelNames(definition);
    this.#definition = definition;
    this.#schemas = { now: schema, next: `${schema}_next`, old: `${schema}_old` };
    this.#table = `${quoteName(this.#schemas.next)}.${quoteName(definition.name)}`;
  }

  /** Makes an empty table beside the present one, in place of one that an earlier load may have left half-filled. */
  async prepare(db: Knex): Promise<void> {
    const { next } = this.#schemas;
    const readers = await this.dropOld(db);
    if (readers !== undefined) {
      throw new FigError('FIG_BATCH_FAILED', `rows from before the last load are still being read (${readers})`, {
        remedy: 'The load is tried again by itself once these transactions have ended; end them if nobody needs them.',
      });
    }
    await db.transaction(async (tx) => {
      await tx.raw(`SET LOCAL lock_timeout = '${LOCK_BUDGET_MS}ms'`);
      await tx.raw('DROP SCHEMA IF EXISTS ?? CASCADE', [next]);
      await tx.raw('CREATE SCHEMA ??', [next]);
      await tx.schema.withSchema(next).createTable(this.#definition.name, (table) => this.#definition.table(table));
      const { rows } = (await tx.raw(
        `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
          WHERE attrelid = ?::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum`,
        [this.#table],
      )) as { rows: TypedColumn[] };
      this.#columns = rows;
    });
  }

  /** Adds rows to the new table. Throws when a row has what the table does not. */
  async write(db: Knex, rows: readonly BatchRow[]): Promise<void> {
    const given = new Set(rows.flatMap((row) => Object.keys(row)));
    const unknown = [...given].filter((name) => !this.#columns.some((column) => column.name === name));
    if (unknown.length > 0) {
      throw new Error(`load of ${this.#definition.name} gives ${unknown.join(', ')}, which its table does not have`);
    }
    const used = this.#columns.filter(({ name }) => given.has(name));
    if (used.length === 0) throw new Error(`load of ${this.#definition.name} gives rows without any column`);
    const texts = rows.map((row) => Object.fromEntries(used.map(({ name, type }) => [name, toText(row[name], type)])));
    await db.transaction((tx) => bulkWrite(tx, this.#table, used, texts));
  }

  async analyze(db: Knex): Promise<void> {
    await db.raw(`ANALYZE ${this.#table}`);
  }

  /** Puts the new table in the place of the present one. Waits for no reader: only names change. */
  async swap(tx: Knex.Transaction): Promise<void> {
    const { now, next, old } = this.#schemas;
    const found = await tx('pg_namespace').where({ nspname: now }).first('nspname');
    if (found) await tx.raw('ALTER SCHEMA ?? RENAME TO ??', [now, old]);
    await tx.raw('ALTER SCHEMA ?? RENAME TO ??', [next, now]);
  }

  /**
   * Apart from the swap, because it waits for whoever still reads the old rows: for a moment only, since a reader may
   * take hours. Then it is left to the next load, and the answer says who reads; undefined: it is gone.
   */
  async dropOld(db: Knex): Promise<string | undefined> {
    try {
      await db.transaction(async (tx) => {
        await tx.raw(`SET LOCAL lock_timeout = '${LOCK_BUDGET_MS}ms'`);
        await tx.raw('DROP SCHEMA IF EXISTS ?? CASCADE', [this.#schemas.old]);
      });
      return undefined;
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code !== LOCK_NOT_AVAILABLE) throw error;
      return readersOf(db, this.#schemas.old);
    }
  }
}

/** Who holds locks on tables of a schema, for people. */
async function readersOf(db: Knex, schema: string): Promise<string> {
  const { rows } = (await db.raw(
    `SELECT DISTINCT format('process %s of %s', a.pid, coalesce(nullif(a.application_name, ''), a.usename)) AS reader
       FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND l.granted AND n.nspname = ?
      ORDER BY 1`,
    [schema],
  )) as { rows: { reader: string }[] };
  return rows.length === 0 ? 'by a transaction that has just ended' : rows.map(({ reader }) => reader).join(', ');
}
