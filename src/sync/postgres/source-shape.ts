import { type Client, types } from 'pg';

/** Objects with lower ids came with the server, and nothing can be done to them. */
const FIRST_OF_USERS = 16_384;

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
  /**
   * Labels by their ids of every enum that its type is made of: a renamed one changes values without a change of any row.
   */
  readonly labels: Readonly<Record<string, string>> | null;
  /** The attributes' types of every composite that its type is made of, by its id: the same. */
  readonly composites?: Readonly<Record<string, string>> | null | undefined;
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
  /** Columns that are not streamed. Unknown in shapes of an earlier version. */
  readonly generated?: readonly { readonly name: string; readonly number: number }[] | undefined;
  /** What the publication is to it, see `readPublicationMarks`; null: nothing. Unknown in shapes of an earlier version. */
  readonly published?: string | null | undefined;
}

/** What a column's type is made of: elements of arrays, what domains and ranges are over, attributes of composites. */
const MADE_OF_SQL = `
  WITH RECURSIVE part(oid) AS (
    SELECT a.atttypid WHERE a.atttypid >= ${FIRST_OF_USERS}
    UNION
    SELECT next.oid FROM part JOIN pg_type p ON p.oid = part.oid CROSS JOIN LATERAL (
      SELECT p.typelem AS oid UNION ALL SELECT p.typbasetype
      UNION ALL SELECT r.rngsubtype FROM pg_range r WHERE p.oid IN (r.rngtypid, r.rngmultitypid)
      UNION ALL SELECT x.atttypid FROM pg_attribute x WHERE x.attrelid = p.typrelid AND x.attnum > 0 AND NOT x.attisdropped
    ) AS next WHERE next.oid >= ${FIRST_OF_USERS})
  SELECT (SELECT json_object_agg(e.oid, e.enumlabel) FROM pg_enum e JOIN part ON part.oid = e.enumtypid) AS labels,
         (SELECT json_object_agg(each.oid, each.attributes) FROM (
            SELECT p.oid, (SELECT string_agg(concat_ws(' ', x.attnum, x.atttypid, x.atttypmod), ', ' ORDER BY x.attnum)
                             FROM pg_attribute x WHERE x.attrelid = p.typrelid AND x.attnum > 0 AND NOT x.attisdropped) AS attributes
              FROM part JOIN pg_type p ON p.oid = part.oid AND p.typrelid <> 0) AS each) AS composites`;

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
                   'labels', made.labels, 'composites', made.composites)
                 ORDER BY a.attnum)
            FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid CROSS JOIN LATERAL (${MADE_OF_SQL}) AS made
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns,
         (SELECT json_agg(json_build_object('name', a.attname, 'number', a.attnum) ORDER BY a.attnum) FROM pg_attribute a
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> '') AS generated
    FROM unnest($1::text[], $2::text[]) AS d(schema, "table")
    JOIN pg_namespace n ON n.nspname = d.schema JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = d."table"`;

type Shaped = Omit<SourceShape, 'columns' | 'generated'> & {
  readonly name: string;
  readonly columns: SourceShape['columns'] | null;
  readonly generated: SourceShape['generated'] | null;
};

/** The shapes of tables (`schema.table`) in one query on the catalog, which takes no lock on them. */
export async function readShapes(client: Client, names: readonly string[]): Promise<ReadonlyMap<string, SourceShape>> {
  const schemas = names.map((name) => name.slice(0, name.indexOf('.')));
  const tables = names.map((name) => name.slice(name.indexOf('.') + 1));
  // Parsed also where the connection reads everything as text.
  const found = await client.query<Shaped>({ text: SHAPE_SQL, values: [schemas, tables], types });
  return new Map(
    found.rows.map(({ name, ...shape }) => [
      name,
      { ...shape, columns: shape.columns ?? [], generated: shape.generated ?? [] },
    ]),
  );
}
