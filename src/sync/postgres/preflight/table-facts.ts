import type { Client } from 'pg';

/** What matters of a table besides what it is made of (`SourceTable`). */
export interface TableFacts {
  /** `schema.table` */
  readonly name: string;
  /** As in pg_class: ordinary, partitioned, view, ... */
  readonly kind: string;
  /** `p`ermanent, `u`nlogged, `t`emporary. */
  readonly persistence: string;
  readonly owner: string;
  readonly isMine: boolean;
  readonly maySeeSchema: boolean;
  readonly maySelect: boolean;
  readonly hidesRows: boolean;
  /** Tables that inherit from it. */
  readonly children: number;
  readonly primaryKeyDeferrable: boolean;
  readonly generated: readonly string[];
}

export async function readTableFacts(
  client: Client,
  names: readonly string[],
): Promise<ReadonlyMap<string, TableFacts>> {
  const split = names.map((name) => [name.slice(0, name.indexOf('.')), name.slice(name.indexOf('.') + 1)] as const);
  // By name in the catalog: to_regclass fails without the right to the schema, which is to be told, not to be met.
  const found = await client.query<TableFacts>(
    `SELECT n.nspname || '.' || c.relname AS name, c.relkind AS kind, c.relpersistence AS persistence,
            pg_get_userbyid(c.relowner) AS owner, pg_has_role(c.relowner, 'USAGE') AS "isMine",
            has_schema_privilege(n.oid, 'USAGE') AS "maySeeSchema",
            has_table_privilege(c.oid, 'SELECT') OR (SELECT bool_and(has_column_privilege(c.oid, a.attnum, 'SELECT'))
               FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS "maySelect",
            row_security_active(c.oid) AS "hidesRows",
            (SELECT count(*)::int FROM pg_inherits h WHERE h.inhparent = c.oid) AS children,
            EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND NOT i.indimmediate)
              AS "primaryKeyDeferrable",
            ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
               AND NOT a.attisdropped AND a.attgenerated <> '' ORDER BY a.attnum) AS generated
       FROM unnest($1::text[], $2::text[]) AS d(schema, "table")
       JOIN pg_namespace n ON n.nspname = d.schema JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = d."table"`,
    [split.map(([schema]) => schema), split.map(([, table]) => table)],
  );
  return new Map(found.rows.map((row) => [row.name, row]));
}
