import type { Knex } from 'knex';
import type { ReadModelDefinition } from '../config/read-model-definition.ts';
import { bulkWrite, quoteName, type TypedColumn } from './bulk-upsert.ts';

/** The denormalised table of one version of a read model. */
export class ReadModelTable {
  readonly #definition: ReadModelDefinition;
  readonly #schema: string;
  readonly #table: string;
  #columns: readonly TypedColumn[] | undefined;

  constructor(schema: string, definition: ReadModelDefinition) {
    this.#definition = definition;
    this.#schema = schema;
    this.#table = `${quoteName(schema)}.${quoteName(definition.name)}`;
  }

  async create(tx: Knex.Transaction): Promise<void> {
    await tx.schema
      .withSchema(this.#schema)
      .createTable(this.#definition.name, (table) => this.#definition.table(table));
    this.#columns = undefined;
  }

  /** Puts what `build` gives now in place of the rows of these keys. */
  async rebuild(
    tx: Knex.Transaction,
    keys: readonly string[],
    rows: readonly Readonly<Record<string, unknown>>[],
  ): Promise<void> {
    const columns = (this.#columns ??= await this.#readColumns(tx));
    const key = columns.find(({ name }) => name === this.#definition.key);
    if (!key) throw new Error(`the read model ${this.#definition.name} has no column ${this.#definition.key}`);
    await tx.raw(
      `DELETE FROM ${this.#table} WHERE ${quoteName(key.name)} IN (SELECT k::${key.type} FROM unnest(?::text[]) AS k)`,
      [keys as string[]],
    );
    const given = new Set(rows.flatMap((row) => Object.keys(row)));
    const used = columns.filter(({ name }) => given.has(name));
    const unknown = [...given].filter((name) => !columns.some((column) => column.name === name));
    if (unknown.length > 0) {
      throw new Error(`build of ${this.#definition.name} gives ${unknown.join(', ')}, which its table does not have`);
    }
    const texts = rows.map((row) => Object.fromEntries(used.map(({ name, type }) => [name, toText(row[name], type)])));
    if (texts.length > 0) await bulkWrite(tx, this.#table, used, texts);
  }

  async empty(tx: Knex.Transaction): Promise<void> {
    await tx.raw(`TRUNCATE ${this.#table}`);
  }

  async allKeys(tx: Knex.Transaction): Promise<readonly string[]> {
    const result = await tx.raw(`SELECT DISTINCT ${quoteName(this.#definition.key)}::text AS key FROM ${this.#table}`);
    return (result as { rows: { key: string }[] }).rows.map(({ key }) => key);
  }

  async #readColumns(tx: Knex.Transaction): Promise<readonly TypedColumn[]> {
    const result = await tx.raw(
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
        WHERE attrelid = ?::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum`,
      [this.#table],
    );
    return (result as { rows: TypedColumn[] }).rows;
  }
}

/** A value that `build` gave, as text that PostgreSQL casts to the column's type. */
export function toText(value: unknown, type: string): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (value instanceof Date) return value.toISOString();
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`;
  if (Array.isArray(value) && type.endsWith('[]')) return arrayText(value, type.slice(0, -2));
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  return JSON.stringify(value);
}

function arrayText(values: readonly unknown[], type: string): string {
  const elements = values.map((value) => {
    if (Array.isArray(value)) return arrayText(value, type);
    const text = toText(value, type);
    return text === null ? 'NULL' : `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  });
  return `{${elements.join(',')}}`;
}
