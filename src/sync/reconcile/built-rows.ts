import type { Knex } from 'knex';
import type { DifferenceKind } from '../../store/reconciliation-store.ts';
import { quoteName, type TypedColumn } from '../postgres/bulk-upsert.ts';
import type { Projection } from '../projection/projection.ts';
import type { DirtyBuild } from '../projection/dirty-build.ts';
import { toText } from '../projection/read-model-table.ts';
import { escapedNames } from '../postgres/placeholders.ts';

/** Rows of a read model beside those that `build` gives for the same keys, each in the text PostgreSQL prints. */
export class BuiltRows {
  readonly #projection: Projection;
  readonly #keyed: DirtyBuild;
  readonly #table: string;
  #columns: readonly TypedColumn[] | undefined;

  constructor(projection: Projection, keyed: DirtyBuild) {
    this.#projection = projection;
    this.#keyed = keyed;
    this.#table = `${quoteName(projection.names.schema)}.${quoteName(projection.definition.name)}`;
  }

  /** Type of the key column. */
  async keyType(tx: Knex.Transaction): Promise<string> {
    return (await this.#key(tx)).type;
  }

  /** The next keys that the table has, in its own order. */
  async keysAfter(tx: Knex.Transaction, after: string | null, limit: number): Promise<readonly string[]> {
    const { name, type } = await this.#key(tx);
    const from = after === null ? '' : `WHERE t.${quoteName(name)} > ?::text::${type}`;
    const rows = await select<{ key: string }>(
      tx,
      `SELECT format('%s', k) AS key
         FROM (SELECT DISTINCT t.${quoteName(name)} AS k FROM ${this.#table} AS t ${from} ORDER BY 1 LIMIT ${limit}) AS page
        ORDER BY k`,
      after === null ? [] : [after],
    );
    return rows.map(({ key }) => key);
  }

  /** Those of the keys that the table has no row of, once each, in the text it would print them in. */
  async keysWithoutRow(tx: Knex.Transaction, keys: readonly string[]): Promise<readonly string[]> {
    if (keys.length === 0) return [];
    const { name, type } = await this.#key(tx);
    const rows = await select<{ key: string }>(
      tx,
      `SELECT DISTINCT format('%s', k.k::${type}) AS key FROM unnest(?::text[]) AS k(k)
        WHERE NOT EXISTS (SELECT 1 FROM ${this.#table} AS t WHERE t.${quoteName(name)} = k.k::${type})`,
      [keys],
    );
    return rows.map(({ key }) => key);
  }

  /** Which of the keys have other rows than `build` gives, in the transaction's snapshot. */
  async compare(tx: Knex.Transaction, keys: readonly string[]): Promise<ReadonlyMap<string, DifferenceKind>> {
    const differing = new Map<string, DifferenceKind>();
    if (keys.length === 0) return differing;
    const all = await this.#readColumns(tx);
    const built = await this.#keyed.rowsIn(tx, keys);
    const given = new Set(built.flatMap((row) => Object.keys(row)));
    // What build leaves out is given a default by the table, such as a number of its own.
    const used = built.length === 0 ? all : all.filter(({ name }) => given.has(name));
    const [wanted, stored] = [await this.#digestsOfBuilt(tx, built, used), await this.#digestsOfStored(tx, keys, used)];
    for (const key of new Set([...wanted.keys(), ...stored.keys()])) {
      const [a, b] = [wanted.get(key), stored.get(key)];
      if (a?.toSorted().join() === b?.toSorted().join()) continue;
      differing.set(key, b === undefined ? 'missing' : a === undefined ? 'extra' : 'different');
    }
    return differing;
  }

  async #digestsOfBuilt(
    tx: Knex.Transaction,
    rows: readonly Readonly<Record<string, unknown>>[],
    columns: readonly TypedColumn[],
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    const key = columns.findIndex(({ name }) => name === this.#projection.definition.key);
    if (rows.length === 0 || key === -1) return new Map();
    const record = columns.map(({ type }, i) => `v.c${i}::${type}`).join(', ');
    const arrays = columns.map(() => '?::text[]').join(', ');
    const aliases = columns.map((_, i) => `c${i}`).join(', ');
    const found = await select<{ key: string; digest: string }>(
      tx,
      `SELECT format('%s', v.c${key}::${columns[key]!.type}) AS key, md5(ROW(${record})::text) AS digest
         FROM unnest(${arrays}) AS v(${aliases})`,
      columns.map(({ name, type }) => rows.map((row) => toText(row[name], type))),
    );
    return grouped(found);
  }

  async #digestsOfStored(
    tx: Knex.Transaction,
    keys: readonly string[],
    columns: readonly TypedColumn[],
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    const { name, type } = await this.#key(tx);
    const record = columns.map((column) => `t.${quoteName(column.name)}`).join(', ');
    const found = await select<{ key: string; digest: string }>(
      tx,
      `SELECT format('%s', t.${quoteName(name)}) AS key, md5(ROW(${record})::text) AS digest FROM ${this.#table} AS t
        WHERE t.${quoteName(name)} IN (SELECT k.k::${type} FROM unnest(?::text[]) AS k(k))`,
      [keys],
    );
    return grouped(found);
  }

  async #key(tx: Knex.Transaction): Promise<TypedColumn> {
    const columns = await this.#readColumns(tx);
    const key = columns.find(({ name }) => name === this.#projection.definition.key);
    if (!key) throw new Error(`the read model ${this.#table} has no column ${this.#projection.definition.key}`);
    return key;
  }

  async #readColumns(tx: Knex.Transaction): Promise<readonly TypedColumn[]> {
    this.#columns ??= await select<{ name: string; type: string }>(
      tx,
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
        WHERE attrelid = ?::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum`,
      [this.#table],
    );
    return this.#columns;
  }
}

function grouped(rows: readonly { readonly key: string; readonly digest: string }[]): Map<string, string[]> {
  const byKey = new Map<string, string[]>();
  for (const { key, digest } of rows) byKey.set(key, [...(byKey.get(key) ?? []), digest]);
  return byKey;
}

async function select<T>(tx: Knex.Transaction, sql: string, bindings: readonly unknown[]): Promise<T[]> {
  const result = await tx.raw(escapedNames(sql), [...bindings] as never);
  return (result as { rows: T[] }).rows;
}
