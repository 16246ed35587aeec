import type { Knex } from 'knex';
import { types } from 'pg';
import { conflictClause, quoteName } from '../postgres/bulk-upsert.ts';
import { connectionOf } from '../postgres/statement.ts';
import { elementType, textArray } from '../postgres/text-array.ts';
import type { ReadModelTable, TableLayout } from './read-model-table.ts';

const KEPT_SHAPES = 50;
/** A cast to text strips the blanks of these, or adds a /32: it is not what they print and what would have travelled. */
const castElsewise: ReadonlySet<number> = new Set([types.builtins.BPCHAR, types.builtins.INET]);

/** A query as PostgreSQL gets it. */
export interface BuildQuery {
  readonly sql: string;
  readonly bindings: readonly unknown[];
}

interface Field {
  readonly name: string;
  readonly oid: number;
  readonly modifier: number;
}

/** What `build` returned, when it is a plain query on the transaction's own connection that has not been sent yet. */
export function asQuery(built: unknown, tx: Knex.Transaction): BuildQuery | undefined {
  const query = built as Partial<Knex.QueryBuilder> & { client?: unknown };
  if (typeof query.toSQL !== 'function' || query.client !== tx.client) return undefined;
  const made = query.toSQL() as Knex.Sql & { method?: string };
  return made.method === 'select' ? made.toNative() : undefined;
}

/**
 * Builds rows of a read model without fetching them: the query that `build` gave becomes part of the statement that
 * writes its result, so no row travels to this process and back. Values are cast by way of their text, as they are when
 * they do travel.
 */
export class RebuildInside {
  readonly #table: ReadModelTable;
  /** Columns of the queries met so far; their text differs by the number of keys only. */
  readonly #shapes = new Map<string, readonly Field[]>();

  constructor(table: ReadModelTable) {
    this.#table = table;
  }

  /** Puts what the query gives in place of the rows of these keys. False, and nothing done: it has to be fetched. */
  async rebuild(tx: Knex.Transaction, keys: readonly string[], query: BuildQuery): Promise<boolean> {
    const layout = await this.#table.layout(tx);
    const fields = await this.#describe(tx, query);
    const given = new Set(fields.map(({ name }) => name));
    if (!given.has(layout.key.name) || given.size !== fields.length) return false;
    const used = this.#table.known(layout.columns, given);
    const connection = await connectionOf(tx);
    // With every column given, a row can be replaced where it stands.
    if (layout.keyAloneIsUnique && used.length === layout.columns.length) {
      const values = [...query.bindings, textArray(keys)];
      await connection.query(this.#replaceSql(layout, fields, query), values);
    } else {
      await this.#table.deleteKeys(tx, keys);
      await connection.query(`${this.#insertSql(layout, fields)} FROM (${query.sql}) AS b`, [...query.bindings]);
    }
    return true;
  }

  #replaceSql(layout: TableLayout, fields: readonly Field[], { sql, bindings }: BuildQuery): string {
    const { key, columns } = layout;
    const name = quoteName(key.name);
    const keys = `$${bindings.length + 1}::${elementType(key.type)}[]`;
    const gone = `DELETE FROM ${this.#table.table} AS t USING (SELECT k::${key.type} AS k FROM unnest(${keys}) AS k) AS asked
      WHERE t.${name} = asked.k AND NOT EXISTS (SELECT FROM b WHERE ${cast(layout, fields, key.name)} = asked.k)`;
    const names = columns.map((column) => quoteName(column.name));
    return `WITH b AS MATERIALIZED (${sql}), gone AS (${gone})
      ${this.#insertSql(layout, fields)} FROM b ${conflictClause(names, [name])}`;
  }

  #insertSql(layout: TableLayout, fields: readonly Field[]): string {
    const used = this.#table.known(layout.columns, new Set(fields.map(({ name }) => name)));
    const names = used.map(({ name }) => quoteName(name)).join(', ');
    const values = used.map(({ name }) => cast(layout, fields, name)).join(', ');
    return `INSERT INTO ${this.#table.table} (${names}) SELECT ${values}`;
  }

  async #describe(tx: Knex.Transaction, { sql, bindings }: BuildQuery): Promise<readonly Field[]> {
    const shape = sql.replaceAll(/\$\d+(?:, ?\$\d+)*/g, '$');
    const known = this.#shapes.get(shape);
    if (known) return known;
    const connection = await connectionOf(tx);
    const described = await connection.query(`SELECT * FROM (${sql}) AS b LIMIT 0`, [...bindings]);
    const fields = described.fields.map(({ name, dataTypeID, dataTypeModifier }) => ({
      name,
      oid: dataTypeID,
      modifier: dataTypeModifier,
    }));
    if (this.#shapes.size >= KEPT_SHAPES) this.#shapes.clear();
    this.#shapes.set(shape, fields);
    return fields;
  }
}

function cast({ columns }: TableLayout, fields: readonly Field[], name: string): string {
  const column = columns.find((each) => each.name === name)!;
  const field = fields.find((each) => each.name === name)!;
  const isSame = field.oid === column.oid && (column.modifier === -1 || field.modifier === column.modifier);
  const value = `b.${quoteName(name)}`;
  if (isSame) return value;
  if (!castElsewise.has(field.oid)) return `${value}::text::${column.type}`;
  return `CASE WHEN ${value} IS NOT NULL THEN format('%s', ${value}) END::${column.type}`;
}
