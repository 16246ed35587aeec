import type { Knex } from 'knex';
import type { ReadModelDefinition } from '../../config/read-model-definition.ts';
import { OwnError } from '../dead-letters/own-error.ts';
import { bulkWrite, quoteName, type TypedColumn } from '../postgres/bulk-upsert.ts';
import { escapedNames } from '../postgres/placeholders.ts';
import { runStatement } from '../postgres/statement.ts';
import { elementType, textArray } from '../postgres/text-array.ts';

export interface TableLayout {
  readonly columns: readonly (TypedColumn & { readonly oid: number; readonly modifier: number })[];
  readonly key: TypedColumn;
  /** The key is unique by itself, and nothing else in the table has to be. */
  readonly keyAloneIsUnique: boolean;
}

export interface PrintedRows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** The denormalised table of one version of a read model. */
export class ReadModelTable {
  readonly #definition: ReadModelDefinition;
  readonly #schema: string;
  /** Its quoted name. */
  readonly table: string;
  #layout: TableLayout | undefined;

  constructor(schema: string, definition: ReadModelDefinition) {
    this.#definition = definition;
    this.#schema = schema;
    this.table = `${quoteName(schema)}.${quoteName(definition.name)}`;
  }

  async create(tx: Knex.Transaction): Promise<void> {
    await tx.schema
      .withSchema(this.#schema)
      .createTable(this.#definition.name, (table) => this.#definition.table(table));
    this.#layout = undefined;
  }

  /** Puts what `build` gives now in place of the rows of these keys. */
  async rebuild(
    tx: Knex.Transaction,
    keys: readonly string[],
    rows: readonly Readonly<Record<string, unknown>>[],
  ): Promise<void> {
    const { columns } = await this.layout(tx);
    await this.deleteKeys(tx, keys);
    const given = new Set(rows.flatMap((row) => Object.keys(row)));
    const used = this.known(columns, given);
    const texts = rows.map((row) => Object.fromEntries(used.map(({ name, type }) => [name, toText(row[name], type)])));
    if (texts.length > 0) await bulkWrite(tx, this.table, used, texts);
  }

  /** A query that gives every key once. */
  allKeysSql(): string {
    return `SELECT DISTINCT ${quoteName(this.#definition.key)}::text FROM ${this.table}`;
  }

  async deleteKeys(tx: Knex.Transaction, keys: readonly string[]): Promise<void> {
    const { key } = await this.layout(tx);
    const text = `DELETE FROM ${this.table} WHERE ${quoteName(key.name)} IN (SELECT k::${key.type} FROM unnest($1::${elementType(key.type)}[]) AS k)`;
    await runStatement(tx, text, [textArray(keys)]);
  }

  /** The given columns in the order of the table. Throws when the table lacks one. */
  known(columns: readonly TypedColumn[], given: ReadonlySet<string>): readonly TypedColumn[] {
    const unknown = [...given].filter((name) => !columns.some((column) => column.name === name));
    if (unknown.length > 0) {
      throw new OwnError(
        `build of ${this.#definition.name} gives ${unknown.join(', ')}, which its table does not have`,
      );
    }
    return columns.filter(({ name }) => given.has(name));
  }

  async empty(tx: Knex.Transaction): Promise<void> {
    await tx.raw(`TRUNCATE ${this.table}`);
  }

  async layout(tx: Knex.Transaction): Promise<TableLayout> {
    this.#layout ??= await this.#readLayout(tx);
    return this.#layout;
  }

  /** Keys drawn by lot. */
  async sampleKeys(tx: Knex.Transaction, count: number): Promise<readonly string[]> {
    const key = quoteName(this.#definition.key);
    const sql = `SELECT ${key}::text AS key FROM ${this.table} ORDER BY random() LIMIT ?`;
    const result = await tx.raw(escapedNames(sql), [count]);
    return (result as { rows: { key: string }[] }).rows.map(({ key: text }) => text);
  }

  /** What `build` gives, as the table would print it; and which columns that are. */
  async printed(tx: Knex.Transaction, rows: readonly Readonly<Record<string, unknown>>[]): Promise<PrintedRows> {
    const given = new Set(rows.flatMap((row) => Object.keys(row)));
    const columns = (await this.layout(tx)).columns.filter(({ name }) => given.has(name));
    if (rows.length === 0 || columns.length === 0) return { columns: [], rows: [] };
    const values = columns.map(({ type }, i) => `(v.c${i}::${type})::text`).join(', ');
    const aliases = columns.map((_, i) => `c${i}`).join(', ');
    const result = await tx.raw(
      `SELECT to_json(ARRAY[${values}])::text AS texts FROM unnest(${columns.map(() => '?::text[]').join(', ')}) WITH ORDINALITY
         AS v(${aliases}, n) ORDER BY n`,
      columns.map(({ name, type }) => rows.map((row) => toText(row[name], type))) as never,
    );
    return { columns: columns.map(({ name }) => name), rows: textsOf(result) };
  }

  /** The rows of these keys as the table prints them. */
  async stored(tx: Knex.Transaction, keys: readonly string[], columns: readonly string[]): Promise<PrintedRows> {
    const { type } = (await this.layout(tx)).key;
    const sql = `SELECT to_json(ARRAY[${columns.map((name) => `${quoteName(name)}::text`).join(', ')}])::text AS texts
        FROM ${this.table} WHERE ${quoteName(this.#definition.key)} IN (SELECT k::${type} FROM unnest(?::text[]) AS k)`;
    const result = await tx.raw(escapedNames(sql), [keys as string[]]);
    return { columns, rows: textsOf(result) };
  }

  async #readLayout(tx: Knex.Transaction): Promise<TableLayout> {
    const result = await tx.raw(
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, atttypid AS oid, atttypmod AS modifier
         FROM pg_attribute
        WHERE attrelid = ?::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum`,
      [this.table],
    );
    const columns = (result as { rows: { name: string; type: string; oid: string; modifier: number }[] }).rows.map(
      ({ name, type, oid, modifier }) => ({ name, type, oid: Number(oid), modifier }),
    );
    const key = columns.find(({ name }) => name === this.#definition.key);
    if (!key) throw new OwnError(`the read model ${this.#definition.name} has no column ${this.#definition.key}`);
    const indexes = await tx.raw(
      `SELECT count(*)::int AS n,
              bool_or(i.indisunique AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
                      AND i.indnkeyatts = 1 AND a.attname = ?) AS by_key
         FROM pg_index i LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = ?::regclass AND (i.indisunique OR i.indisexclusion)`,
      [key.name, this.table],
    );
    const found = (indexes as { rows: { n: number; by_key: boolean | null }[] }).rows[0]!;
    return { columns, key, keyAloneIsUnique: found.n === 1 && found.by_key === true };
  }
}

function textsOf(result: unknown): PrintedRows['rows'] {
  return (result as { rows: { texts: string }[] }).rows.map(({ texts }) => JSON.parse(texts) as (string | null)[]);
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
