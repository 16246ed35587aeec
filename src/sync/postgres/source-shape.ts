import type { Client } from 'pg';

export interface ShapeColumn {
  readonly name: string;
  readonly number: number;
  readonly type: string;
  readonly typeOid: number;
  readonly typeModifier: number;
  /** Transaction that wrote the column's catalog row; another one after every ALTER COLUMN. */
  readonly version: string;
  /** It was added with a default, which older rows have without having been written. */
  readonly hasMissing: boolean;
  /** That default; null where it has none, or where its text cannot be told. Unknown in shapes of an earlier version. */
  readonly missing?: string | null | undefined;
  /** Labels of an enum by their ids: a renamed label changes values without a change of any row. */
  readonly labels: Readonly<Record<string, string>> | null;
  /**
   * Added to the mirror without copying the table again. Rows from before are sent without the column: this is its value in
   * them, as in legacy, or null until the column is copied.
   */
  readonly joinedAs?: string | null | undefined;
}

/** What tells whether a legacy table was changed in a way that no change of a row tells. */
export interface SourceShape {
  readonly oid: string;
  /** Another one when the table's file was written anew. */
  readonly file: string;
  readonly replicaIdentity: string;
  /** Columns of the index that serves as replica identity; null: there is none. */
  readonly identityKey: string | null;
  readonly children: number;
  readonly columns: readonly ShapeColumn[];
  /** What the publication is to it, see `readPublicationMarks`; null: nothing. Unknown in shapes of an earlier version. */
  readonly published?: string | null | undefined;
}

const SHAPE_SQL = `
  SELECT n.nspname || '.' || c.relname AS name, c.oid::text AS oid, c.relfilenode::text AS file,
         c.relreplident AS "replicaIdentity",
         (SELECT i.indkey::text FROM pg_index i WHERE i.indrelid = c.oid AND i.indimmediate AND i.indisvalid
             AND CASE c.relreplident WHEN 'i' THEN i.indisreplident ELSE i.indisprimary END) AS "identityKey",
         (SELECT count(*)::int FROM pg_inherits h WHERE h.inhparent = c.oid) AS children,
         (SELECT json_agg(json_build_object('name', a.attname, 'number', a.attnum,
                   'type', format_type(a.atttypid, a.atttypmod), 'typeOid', a.atttypid::bigint,
                   'typeModifier', a.atttypmod, 'version', a.xmin::text, 'hasMissing', a.atthasmissing,
                   'missing', CASE WHEN a.atthasmissing AND t.typdelim = ',' THEN (a.attmissingval::text::text[])[1] END,
                   'labels', (SELECT json_object_agg(e.oid, e.enumlabel) FROM pg_enum e WHERE e.enumtypid = a.atttypid))
                 ORDER BY a.attnum)
            FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns
    FROM unnest($1::text[], $2::text[]) AS d(schema, "table")
    JOIN pg_namespace n ON n.nspname = d.schema JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = d."table"`;

/** The shapes of tables (`schema.table`) in one query on the catalog, which takes no lock on them. */
export async function readShapes(client: Client, names: readonly string[]): Promise<ReadonlyMap<string, SourceShape>> {
  const schemas = names.map((name) => name.slice(0, name.indexOf('.')));
  const tables = names.map((name) => name.slice(name.indexOf('.') + 1));
  const found = await client.query<SourceShape & { name: string; columns: readonly ShapeColumn[] | null }>(SHAPE_SQL, [
    schemas,
    tables,
  ]);
  return new Map(found.rows.map(({ name, ...shape }) => [name, { ...shape, columns: shape.columns ?? [] }]));
}
