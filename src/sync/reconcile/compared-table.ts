import { quoteName, type TypedColumn } from '../postgres/bulk-upsert.ts';
import { keyOfText, textOfKey } from '../mirror/collapse-changes.ts';

/** Values of the key columns, as PostgreSQL prints them. */
export type Key = readonly string[];

/** The rows after one key and up to another; null: no bound. */
export interface KeyRange {
  readonly after: Key | null;
  readonly upTo: Key | null;
}

/** Digests of rows by the text of their key, see `textOfKey`. */
export type RowDigests = ReadonlyMap<string, string>;

/** Runs SQL whose parameters are question marks. All values come back as text. */
export type RunQuery = (sql: string, bindings: readonly unknown[]) => Promise<readonly Record<string, string>[]>;

export interface ComparedTableOptions {
  readonly run: RunQuery;
  /** Quoted, with its schema. */
  readonly table: string;
  readonly key: readonly TypedColumn[];
  readonly columns: readonly TypedColumn[];
  /** Digests are of bytes, which are the same on both sides only in one encoding. */
  readonly encoding: string;
  /** Asks by keys that may not be understood; by default all are. */
  readonly apart?: AskApart | undefined;
}

type AskApart = (
  keys: readonly Key[],
  ask: (keys: readonly Key[]) => Promise<RowDigests>,
) => Promise<readonly (readonly [string, string])[]>;

/**
 * One side of a comparison, in one snapshot. A row is digested as the text of all its columns as a record, which tells
 * NULL from an empty text and one column's end from the next one's start; md5 is the same on every version and machine,
 * which PostgreSQL's hash functions are not.
 */
export class ComparedTable {
  readonly #run: RunQuery;
  readonly #table: string;
  readonly #key: readonly TypedColumn[];
  readonly #digest: string;
  readonly #apart: AskApart | undefined;

  constructor({ run, table, key, columns, encoding, apart }: ComparedTableOptions) {
    this.#run = run;
    this.#table = table;
    this.#key = key;
    this.#apart = apart;
    const record = `ROW(${columns.map(({ name }) => `t.${quoteName(name)}`).join(', ')})::text`;
    this.#digest = `md5(${encoding === 'UTF8' ? record : `convert_to(${record}, 'UTF8')`})`;
  }

  /** Key of the row that is number `n` of a range; undefined when it has fewer. */
  async keyAt(range: KeyRange, n: number): Promise<Key | undefined> {
    const { where, bindings } = this.#within(range);
    const rows = await this.#run(
      `SELECT ${this.#keyTexts()} FROM ${this.#table} AS t ${where} ORDER BY ${this.#keyNames()} OFFSET ${n - 1} LIMIT 1`,
      bindings,
    );
    return rows[0] && this.#keyOf(rows[0]);
  }

  /** Number of rows, and the sum of 64 bits of their digests, which does not depend on their order. */
  async sum(range: KeyRange): Promise<{ rows: number; sum: string }> {
    const { where, bindings } = this.#within(range);
    const [row] = await this.#run(
      `SELECT count(*)::text AS rows, coalesce(sum(('x' || left(${this.#digest}, 16))::bit(64)::bigint), 0)::text AS sum
         FROM ${this.#table} AS t ${where}`,
      bindings,
    );
    return { rows: Number(row!['rows']), sum: row!['sum']! };
  }

  async digests(range: KeyRange): Promise<RowDigests> {
    const { where, bindings } = this.#within(range);
    return this.#digests(where, bindings);
  }

  async digestsOf(keys: readonly Key[]): Promise<RowDigests> {
    if (keys.length === 0) return new Map();
    const ask = (some: readonly Key[]): Promise<RowDigests> => {
      const { where, bindings } = this.#among(some);
      return this.#digests(where, bindings);
    };
    return this.#apart ? new Map(await this.#apart(keys, ask)) : ask(keys);
  }

  /** The next rows in this side's own order of keys. */
  async pageAfter(after: Key | null, rows: number): Promise<{ digests: RowDigests; last: Key | null }> {
    const { where, bindings } = this.#within({ after, upTo: null });
    const found = await this.#run(
      `SELECT ${this.#keyTexts()}, ${this.#digest} AS digest FROM ${this.#table} AS t ${where}
        ORDER BY ${this.#keyNames()} LIMIT ${rows}`,
      bindings,
    );
    const last = found.at(-1);
    return { digests: this.#mapOf(found), last: last ? this.#keyOf(last) : null };
  }

  /** The key that digests are listed under. */
  keyOf(text: string): Key {
    return keyOfText(text, this.#key.length);
  }

  async #digests(where: string, bindings: readonly unknown[]): Promise<RowDigests> {
    const sql = `SELECT ${this.#keyTexts()}, ${this.#digest} AS digest FROM ${this.#table} AS t ${where}`;
    return this.#mapOf(await this.#run(sql, bindings));
  }

  #mapOf(rows: readonly Record<string, string>[]): RowDigests {
    return new Map(rows.map((row) => [textOfKey(this.#keyOf(row)), row['digest']!]));
  }

  #keyOf(row: Record<string, string>): Key {
    return this.#key.map((_, i) => row[`k${i}`]!);
  }

  /** As the stream prints them: a cast to text would print booleans, padded and network types in another way. */
  #keyTexts(): string {
    return this.#key.map(({ name }, i) => `format('%s', t.${quoteName(name)}) AS k${i}`).join(', ');
  }

  #keyNames(): string {
    return this.#key.map(({ name }) => `t.${quoteName(name)}`).join(', ');
  }

  #within({ after, upTo }: KeyRange): { where: string; bindings: readonly unknown[] } {
    const values = this.#key.map(({ type }) => `?::text::${type}`).join(', ');
    const bounds = [
      ...(after ? [`(${this.#keyNames()}) > (${values})`] : []),
      ...(upTo ? [`(${this.#keyNames()}) <= (${values})`] : []),
    ];
    return {
      where: bounds.length > 0 ? `WHERE ${bounds.join(' AND ')}` : '',
      bindings: [...(after ?? []), ...(upTo ?? [])],
    };
  }

  #among(keys: readonly Key[]): { where: string; bindings: readonly unknown[] } {
    return keysAmong(this.#key, keys);
  }
}

/** A condition on `t` that holds for the rows with these keys. */
export function keysAmong(
  columns: readonly TypedColumn[],
  keys: readonly Key[],
): { where: string; bindings: readonly unknown[] } {
  const names = columns.map(({ name }) => `t.${quoteName(name)}`).join(', ');
  const casts = columns.map(({ type }, i) => `k.c${i}::${type}`).join(', ');
  const arrays = columns.map(() => '?::text[]').join(', ');
  const aliases = columns.map((_, i) => `c${i}`).join(', ');
  return {
    where: `WHERE (${names}) IN (SELECT ${casts} FROM unnest(${arrays}) AS k(${aliases}))`,
    bindings: columns.map((_, i) => keys.map((key) => key[i]!)),
  };
}
