import type { Knex } from 'knex';
import { escapeLiteral } from 'pg';
import { FigError } from '../../kernel/fig-error.ts';
import { mirrorTableName } from '../../store/read-model-names.ts';
import { bulkWrite, keyFilter, quoteName, type TypedColumn } from '../postgres/bulk-upsert.ts';
import type { RawRow, SentRow } from '../change.ts';
import { keyText, keyValues, type NetChange, type NetTable } from './collapse-changes.ts';
import { type CopiedPart, copiedPart } from './copied-part.ts';
import { fillColumns } from './fill-columns.ts';
import { joiningColumns } from './joining-columns.ts';
import { MirrorCopy } from './mirror-copy.ts';
import type { SourceTable } from '../postgres/catalog.ts';
import type { SourceShape } from '../postgres/source-shape.ts';
import { type SentValue, unchanged } from '../postgres/pgoutput-messages.ts';
import { connectionOf, runStatement } from '../postgres/statement.ts';
import { escapedNames } from '../postgres/placeholders.ts';
import { rowMaker } from '../postgres/row-shape.ts';
import { patchRows } from './patch-rows.ts';
import { printedSize } from './printed-size.ts';

/** Of the texts of a page of rows. One row may be larger. */
const MAX_PAGE_BYTES = 16 * 1024 * 1024;

/** A row that a batch took away, replaced or left. */
export interface LandedRow {
  readonly row: RawRow;
  /** `key`: only its key is known. `row`: itself, but not the row that was stored in its place. `history`: both. */
  readonly known: 'key' | 'row' | 'history';
}

export type Landed = readonly LandedRow[];

/** A row of the mirror, of which there is nothing more to know. */
export function asHistory(row: RawRow): LandedRow {
  return { row, known: 'history' };
}

export interface LandingRules {
  readonly mayMiss: boolean;
  readonly readStored: boolean;
}

interface MovedRow {
  readonly text: string;
  readonly change: Extract<NetChange, { kind: 'upsert' }>;
}

interface MovedRows {
  readonly changes: NetTable['changes'];
  readonly waiting: ReadonlySet<string>;
}

/** A copy of one legacy table, at the read model's position. */
export class MirrorTable {
  readonly source: SourceTable;
  readonly key: readonly string[];
  /** The same, with their types. */
  readonly keyColumns: readonly TypedColumn[];
  /** What the source looked like when the mirror was made or last adapted. */
  shape: SourceShape;
  /** Columns that are being copied by themselves: what rows have in them is not known yet. */
  filling: ReadonlySet<string> = new Set();
  readonly #table: string;
  readonly #columns: readonly TypedColumn[];
  readonly #copy: MirrorCopy;
  readonly #Row = rowMaker<string | null>();
  #missed: (readonly string[])[] = [];
  #pageRows = Number.MAX_SAFE_INTEGER;

  constructor(schema: string, source: SourceTable, key: readonly string[]) {
    this.source = source;
    this.shape = source.shape;
    this.key = key;
    this.#table = `${quoteName(schema)}.${quoteName(mirrorTableName(source.name))}`;
    this.#columns = source.columns.map(({ name, mirrorType }) => ({ name, type: mirrorType }));
    this.#copy = new MirrorCopy(this.#table, this.#columns, key);
    this.keyColumns = key.map((name) => this.#columns.find((column) => column.name === name)!);
  }

  async create(tx: Knex.Transaction): Promise<void> {
    const columns = this.#columns.map(({ name, type }) => `${quoteName(name)} ${type}`).join(', ');
    const key = this.key.map(quoteName).join(', ');
    await tx.raw(escapedNames(`CREATE TABLE ${this.#table} (${columns}, PRIMARY KEY (${key}))`));
    for (const name of joiningColumns(this.source, this.key)) {
      await tx.raw(escapedNames(`CREATE INDEX ON ${this.#table} (${quoteName(name)})`));
    }
  }

  /** Drops it and makes it anew, empty, with the columns that the source has now. */
  async remake(tx: Knex.Transaction): Promise<void> {
    await tx.raw(`DROP TABLE IF EXISTS ${this.#table}`);
    await this.create(tx);
  }

  /** Adds columns that have the same value in all rows: without writing a row, as legacy did. */
  async addColumns(tx: Knex.Transaction, values: ReadonlyMap<string, string | null>): Promise<void> {
    const connection = await connectionOf(tx);
    for (const { name, type } of this.#columns.filter((column) => values.has(column.name))) {
      const value = values.get(name) ?? null;
      const given = value === null ? '' : `DEFAULT ${escapeLiteral(value)}::${type}`;
      await connection.query(`ALTER TABLE ${this.#table} ADD COLUMN IF NOT EXISTS ${quoteName(name)} ${type} ${given}`);
      if (value !== null)
        await connection.query(`ALTER TABLE ${this.#table} ALTER COLUMN ${quoteName(name)} DROP DEFAULT`);
    }
  }

  /**
   * Applies the net changes of a batch. `mayMiss`: rows that an update expects and that are not copied yet are left to
   * the backfill; of those that changed their key `takeMissed` tells, as it may have passed by where they are now. Large
   * values that were not sent stay where they are; only those of rows that changed their key are read, and all rows when
   * `readStored` asks for it. The rows that a TRUNCATE takes away are not among what was landed: they may be any number.
   */
  async land(tx: Knex.Transaction, net: NetTable, { mayMiss, readStored }: LandingRules): Promise<Landed> {
    const stored = net.truncated ? [] : await this.#readKeys(tx, this.#wanted(net, readStored));
    const byKey = new Map(stored.map((row) => [keyText(row, this.key), row]));
    if (net.truncated) await tx.raw(`TRUNCATE ${this.#table}`);
    const after: LandedRow[] = [];
    const gone: (readonly string[])[] = [];
    const keys: LandedRow[] = [];
    const written: RawRow[] = [];
    const patches: RawRow[] = [];
    for (const [text, change] of net.changes) {
      if (change.kind === 'delete') {
        gone.push(change.key);
        if (!net.truncated && !readStored && !byKey.has(text))
          keys.push({ row: this.#keyRow(change.key), known: 'key' });
        continue;
      }
      const base = keyText(change.base, this.key);
      const before = net.truncated ? undefined : byKey.get(base);
      if (base === text && this.#isPartial(change.values)) {
        patches.push(this.#sentOf(change.values));
        if (!before) keys.push({ row: this.#keyRow(keyValues(change.values, this.key)), known: 'key' });
        else after.push(asHistory(this.whole(change.values, before)));
        continue;
      }
      const row = this.#complete(change.values, before, { mayMiss, isMoved: base !== text });
      if (!row) {
        this.#missed.push(keyValues(change.values, this.key));
        continue;
      }
      written.push(row);
      after.push({ row, known: change.inserted || net.truncated || readStored ? 'history' : 'row' });
    }
    if (gone.length > 0 && !net.truncated) await this.#deleteKeys(tx, gone);
    const patched = await patchRows(tx, this.#table, this.#columns, patches, this.key);
    if (patched < patches.length && !mayMiss) await this.#refuseMissing(tx, patches);
    await bulkWrite(tx, this.#table, this.#columns, written, this.key);
    return [...stored.map(asHistory), ...keys, ...after];
  }

  /** Keys of rows that could not be landed since this was last asked, and that a copy has to read by themselves. */
  takeMissed(): readonly (readonly string[])[] {
    const missed = this.#missed;
    this.#missed = [];
    return missed;
  }

  /** Of the key's columns. */
  get keyTypes(): readonly string[] {
    return this.keyColumns.map(({ type }) => type);
  }

  /** The key of a row, as it names the row to people. */
  keyOf(row: RawRow): readonly string[] {
    return this.key.map((column) => row[column] ?? '');
  }

  /** What a copy reads: whole rows, or some columns. */
  part(fill?: readonly string[]): CopiedPart {
    const all = this.#columns.map(({ name }) => name);
    return copiedPart(all, this.key, fill);
  }

  /** Writes copied rows over whatever is there, or copied columns into the rows that are there. */
  async copy(tx: Knex.Transaction, { columns, isFilling }: CopiedPart, lines: Buffer): Promise<void> {
    if (!isFilling) return this.#copy.land(tx, lines);
    const typed = columns.map((name) => this.#columns.find((column) => column.name === name)!);
    await fillColumns(tx, this.#table, typed, this.key, lines);
  }

  /** The next rows in key order; fewer than asked for where they are large, none only at the end. */
  async page(db: Knex, after: readonly string[] | null, limit: number): Promise<readonly RawRow[]> {
    // Qualified: a bare name would be the selected text, and text sorts 10 before 9.
    const names = this.key.map((name) => `t.${quoteName(name)}`).join(', ');
    const values = this.keyColumns.map(({ type }) => `?::text::${type}`).join(', ');
    const from = after ? `WHERE (${names}) > (${values})` : '';
    const asked = Math.min(limit, this.#pageRows);
    const sql = `SELECT ${this.#selectList()} FROM (
      SELECT t.*, sum("fig bytes") OVER (ORDER BY ${names} ROWS UNBOUNDED PRECEDING) - "fig bytes" AS "fig bytes before"
        FROM (SELECT t.*, ${this.#printedSize()} AS "fig bytes" FROM ${this.#table} AS t ${from} ORDER BY ${names} LIMIT ${asked}) AS t) AS t
      WHERE "fig bytes before" < ${MAX_PAGE_BYTES} ORDER BY ${names}`;
    const rows = rowsOf(await db.raw(escapedNames(sql), [...(after ?? [])]));
    // What is cut off was measured for nothing, so after that fewer are asked for, until rows are small again.
    const isCut = rows.length > 0 && rows.length < asked;
    this.#pageRows = isCut ? rows.length * 2 : asked * 4;
    return rows;
  }

  /** One row by its key. */
  async find(tx: Knex.Transaction, key: readonly string[]): Promise<RawRow | undefined> {
    return (await this.#readKeys(tx, [key]))[0];
  }

  /** The rows of these keys. */
  rowsOf(tx: Knex.Transaction, keys: readonly (readonly string[])[]): Promise<readonly RawRow[]> {
    return this.#readKeys(tx, keys);
  }

  /** About how many bytes the rows of these keys print, by key text. Empty when they come to `most` at most together. */
  async sizesOf(
    tx: Knex.Transaction,
    keys: readonly (readonly string[])[],
    most: number,
  ): Promise<ReadonlyMap<string, number>> {
    const filter = keyFilter(this.keyColumns, keys);
    const names = this.key.map(quoteName).join(', ');
    const sql = `SELECT ${sentList(this.keyColumns)}, "fig bytes"::text AS "fig bytes" FROM (
      SELECT ${names}, "fig bytes", sum("fig bytes") OVER () AS "fig sum"
        FROM (SELECT ${names}, ${this.#printedSize()} AS "fig bytes" FROM ${this.#table} AS t WHERE ${filter.sql}) AS t) AS t
      WHERE "fig sum" > $${filter.values.length + 1}::numeric`;
    const { rows } = await runStatement<RawRow>(tx, sql, [...filter.values, String(most)], this.keyTypes);
    return new Map(rows.map((row) => [keyText(row, this.key), Number(row['fig bytes'])]));
  }

  /** The whole row: what was sent, and from the row before what was not. Throws FIG_MIRROR_ROW_MISSING without it. */
  whole(values: SentRow, before: RawRow | undefined): RawRow {
    return this.#complete(values, before, { mayMiss: false, isMoved: false })!;
  }

  /**
   * The same changes, but rows that changed their key have all values already, so that they may land one after the other;
   * `waiting`: those for which a value is not there to be taken.
   */
  async withMoved(tx: Knex.Transaction, changes: NetTable['changes']): Promise<MovedRows> {
    const moved = [...changes].flatMap(([text, change]): MovedRow[] => {
      const isTaking = change.kind === 'upsert' && this.#isPartial(change.values);
      return isTaking && keyText(change.base, this.key) !== text ? [{ text, change }] : [];
    });
    const bases = moved.map(({ change }) => keyValues(change.base, this.key));
    const stored = new Map((await this.#readKeys(tx, bases)).map((row) => [keyText(row, this.key), row]));
    const [settled, waiting] = [new Map(changes), new Set<string>()];
    for (const { text, change } of moved) {
      const before = stored.get(keyText(change.base, this.key));
      const row = this.#complete(change.values, before, { mayMiss: true, isMoved: true });
      if (row) settled.set(text, { ...change, values: row, base: row });
      else waiting.add(text);
    }
    return { changes: settled, waiting };
  }

  async #readKeys(tx: Knex.Transaction, keys: readonly (readonly string[])[]): Promise<readonly RawRow[]> {
    if (keys.length === 0) return [];
    const filter = keyFilter(this.keyColumns, keys);
    const sql = `SELECT ${this.#selectList()} FROM ${this.#table} WHERE ${filter.sql}`;
    const types = this.#columns.map(({ type }) => type);
    return (await runStatement<RawRow>(tx, sql, filter.values, types)).rows;
  }

  /** The keys whose stored rows have to be read. */
  #wanted(net: NetTable, readStored: boolean): readonly (readonly string[])[] {
    const wanted = new Map<string, readonly string[]>();
    for (const [text, change] of net.changes) {
      if (change.kind === 'delete') {
        if (readStored) wanted.set(text, change.key);
        continue;
      }
      const base = keyText(change.base, this.key);
      if (base !== text && this.#isPartial(change.values)) wanted.set(base, keyValues(change.base, this.key));
      if (!readStored || change.inserted) continue;
      wanted.set(base, keyValues(change.base, this.key));
      wanted.set(text, keyValues(change.values, this.key));
    }
    return [...wanted.values()];
  }

  #isPartial(values: SentRow): boolean {
    return this.#columns.some(({ name }) => values[name] === unchanged);
  }

  #keyRow(values: readonly string[]): RawRow {
    const row = new this.#Row();
    this.key.forEach((column, i) => (row[column] = values[i]!));
    return row;
  }

  async #deleteKeys(tx: Knex.Transaction, keys: readonly (readonly string[])[]): Promise<void> {
    const filter = keyFilter(this.keyColumns, keys);
    await runStatement(tx, `DELETE FROM ${this.#table} WHERE ${filter.sql}`, filter.values);
  }

  /** What was sent of a row. */
  #sentOf(values: SentRow): RawRow {
    const row = new this.#Row();
    for (const { name } of this.#columns) {
      const value = this.#valueOf(values, name);
      if (value !== unchanged) row[name] = value;
    }
    return row;
  }

  #valueOf(values: SentRow, name: string): SentValue {
    const value = values[name];
    if (value !== undefined) return value;
    // A row from before the column was added.
    const joinedAs = this.shape.columns.find((column) => column.name === name)?.joinedAs;
    if (joinedAs !== undefined) return joinedAs;
    throw new FigError('FIG_SOURCE_CHANGED', `${this.source.name} has no column ${name} any more`);
  }

  async #refuseMissing(tx: Knex.Transaction, patches: readonly RawRow[]): Promise<void> {
    for (const row of patches) if (!(await this.find(tx, this.keyOf(row)))) throw this.#isMissing(row);
  }

  #isMissing(values: SentRow): FigError {
    const key = this.key.map((column) => `${column}=${String(values[column])}`).join(', ');
    return new FigError('FIG_MIRROR_ROW_MISSING', `the mirror of ${this.source.name} has no row ${key}`);
  }

  /** The whole row: what was sent, and from the stored row what was not. */
  #complete(
    values: SentRow,
    base: RawRow | undefined,
    { mayMiss, isMoved }: { readonly mayMiss: boolean; readonly isMoved: boolean },
  ): RawRow | undefined {
    const row = new this.#Row();
    for (const { name } of this.#columns) {
      const value = this.#valueOf(values, name);
      if (value !== unchanged) {
        row[name] = value;
      } else if (base && !(isMoved && this.filling.has(name))) {
        row[name] = base[name] ?? null;
      } else if (mayMiss) {
        return undefined;
      } else {
        // Nor can a value be taken from a row that is not filled yet, where the copy may have passed by already.
        throw this.#isMissing(values);
      }
    }
    return row;
  }

  #printedSize(): string {
    return this.#columns.map(({ name, type }) => printedSize(`t.${quoteName(name)}`, type)).join(' + ');
  }

  #selectList(): string {
    return sentList(this.#columns);
  }
}

/**
 * A column as the stream would send it, so that keys read from here equal keys that were sent. A cast to text is not
 * that: it strips the blanks of char(n), adds /32 to an inet and spells booleans out. Integers and booleans are what the
 * target's connections do not leave as text by themselves.
 */
function asSent(column: string, type: string): string {
  if (type === 'boolean') return `CASE ${column} WHEN true THEN 't' WHEN false THEN 'f' END`;
  return type === 'integer' || type === 'smallint' ? `${column}::text` : column;
}

function rowsOf(result: unknown): readonly RawRow[] {
  return (result as { rows: RawRow[] }).rows;
}

function sentList(columns: readonly TypedColumn[]): string {
  return columns.map(({ name, type }) => `${asSent(quoteName(name), type)} AS ${quoteName(name)}`).join(', ');
}
