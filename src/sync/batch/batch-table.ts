import type { Knex } from 'knex';
import type { BatchReadModelDefinition, BatchRow } from '../../config/batch-read-model.ts';
import { readModelNames } from '../../store/read-model-names.ts';
import { bulkWrite, quoteName, type TypedColumn } from '../postgres/bulk-upsert.ts';
import { toText } from '../projection/read-model-table.ts';

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
    await this.dropOld(db);
    await db.transaction(async (tx) => {
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

  /** Apart from the swap, because it waits for whoever still reads the old rows. */
  async dropOld(db: Knex): Promise<void> {
    await db.raw('DROP SCHEMA IF EXISTS ?? CASCADE', [this.#schemas.old]);
  }
}
