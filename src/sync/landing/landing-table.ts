import type { Knex } from 'knex';
import { FigError } from '../../kernel/fig-error.ts';
import type { RawRow, SentRow } from '../change.ts';
import type { NetTable } from '../mirror/collapse-changes.ts';
import { bulkWrite, keyFilter, quoteName, type TypedColumn } from '../postgres/bulk-upsert.ts';
import { unchanged } from '../postgres/pgoutput-messages.ts';
import { escapedNames } from '../postgres/placeholders.ts';
import { runStatement } from '../postgres/statement.ts';
import type { LandedTable } from './mysql-catalog.ts';

/** One legacy table in the landing database: a table like any other, which capture reads. */
export class LandingTable {
  readonly definition: LandedTable;
  readonly #name: string;
  #columns: readonly TypedColumn[];

  constructor(definition: LandedTable) {
    this.definition = definition;
    this.#name = `public.${quoteName(definition.name)}`;
    this.#columns = definition.columns.map(({ name, mirrorType }) => ({ name, type: mirrorType }));
  }

  /**
   * Makes it where it is not there, and `mayMake`: beside what has landed, one that begins now would lack what came before. Columns that came to the legacy table later are left out, and returned: what they hold in
   * rows from before is in no message. Throws FIG_SOURCE_CHANGED where others are gone, or of another type.
   */
  async prepare(tx: Knex.Transaction, { mayMake }: { readonly mayMake: boolean }): Promise<readonly string[]> {
    const { key } = this.definition;
    const found = await columnsOf(tx, this.#name);
    if (found.size === 0) {
      if (!mayMake) throw this.#changed('it was not asked for when the others began to land');
      const columns = this.#columns.map(({ name, type }) => `${quoteName(name)} ${type}`).join(', ');
      const primary = key.map(quoteName).join(', ');
      await tx.raw(escapedNames(`CREATE TABLE ${this.#name} (${columns}, PRIMARY KEY (${primary}))`));
      return [];
    }
    for (const [name, type] of found) {
      const now = this.#columns.find((column) => column.name === name);
      if (now?.type !== type) throw this.#changed(now ? `${name} was ${type} and is ${now.type}` : `${name} is gone`);
    }
    const later = this.#columns.filter(({ name }) => !found.has(name)).map(({ name }) => name);
    this.#columns = this.#columns.filter(({ name }) => found.has(name));
    return later;
  }

  /** As it was made in the landing database; undefined: it is not there. */
  static async made(tx: Knex.Transaction, name: string): Promise<LandedTable | undefined> {
    const table = `public.${quoteName(name)}`;
    const found = await columnsOf(tx, table);
    if (found.size === 0) return undefined;
    const { rows } = await runStatement<{ name: string }>(
      tx,
      `SELECT attname::text AS name FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
        WHERE indrelid = to_regclass($1) AND indisprimary ORDER BY array_position(indkey::int2[], attnum)`,
      [table],
    );
    const columns = [...found].map(([column, type]) => ({ name: column, mirrorType: type, sourceType: type }));
    return { name, columns, key: rows.map((row) => row.name) };
  }

  #changed(how: string): FigError {
    return new FigError(
      'FIG_SOURCE_CHANGED',
      `the legacy table ${this.definition.name} cannot land beside the others: ${how}`,
      {
        remedy: 'Land anew: see "To land anew" in docs/mysql-family.md.',
      },
    );
  }

  async empty(tx: Knex.Transaction): Promise<void> {
    await tx.raw(escapedNames(`TRUNCATE ${this.#name}`));
  }

  async land(tx: Knex.Transaction, { truncated, changes }: NetTable): Promise<void> {
    if (truncated) await this.empty(tx);
    const { key } = this.definition;
    const gone: (readonly string[])[] = [];
    const rows: RawRow[] = [];
    for (const change of changes.values()) {
      if (change.kind === 'delete') gone.push(change.key);
      else rows.push(this.#whole(change.values));
    }
    if (gone.length > 0) {
      const columns = key.map((name) => this.#columns.find((column) => column.name === name)!);
      const filter = keyFilter(columns, gone);
      await runStatement(tx, `DELETE FROM ${this.#name} WHERE ${filter.sql}`, filter.values);
    }
    await bulkWrite(tx, this.#name, this.#columns, rows, key);
  }

  #whole(values: SentRow): RawRow {
    if (!Object.values(values).includes(unchanged)) return values as RawRow;
    throw new FigError('FIG_DEBEZIUM_SETTING', `${this.definition.name}: a change does not hold the whole row`, {
      remedy: 'Set binlog_row_image=FULL on the legacy server.',
    });
  }
}

async function columnsOf(tx: Knex.Transaction, table: string): Promise<ReadonlyMap<string, string>> {
  const { rows } = await runStatement<{ name: string; type: string }>(
    tx,
    `SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
      WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [table],
  );
  return new Map(rows.map(({ name, type }) => [name, type]));
}
