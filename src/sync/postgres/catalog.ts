import type { Client } from 'pg';
import { readShapes, type SourceShape } from './source-shape.ts';

export interface SourceColumn {
  readonly name: string;
  /** Type the mirror column gets; types that only the legacy database knows become text. */
  readonly mirrorType: string;
  /** Type as the legacy database calls it, for casts there. */
  readonly sourceType: string;
}

/** What capture needs to know of one legacy table. */
/** By their names, `schema.table`. */
export type SourceTables = ReadonlyMap<string, SourceTable>;

export interface SourceTable {
  /** `schema.table` */
  readonly name: string;
  readonly schema: string;
  readonly table: string;
  /** Columns that are streamed: all but generated ones. */
  readonly columns: readonly SourceColumn[];
  /** Columns of the primary key, in its order; empty without one. */
  readonly primaryKey: readonly string[];
  /** `default`, `nothing`, `full` or `index`. */
  readonly replicaIdentity: string;
  /** Columns of the replica identity: of the primary key, or of the chosen index; empty when it is not usable. */
  readonly identityColumns: readonly string[];
  /** Columns whose every value is in an index of legacy's: its first column, or a foreign key to one. */
  readonly indexed: readonly string[];
  readonly kind: string;
  /** Rows as the statistics have it; -1 when the table was never analysed. */
  readonly estimatedRows: number;
  readonly shape: SourceShape;
}

const TABLE_SQL = `
  SELECT n.nspname AS schema, c.relname AS "table", c.relkind AS kind, c.reltuples::float8 AS estimated,
         c.relreplident AS identity,
         (SELECT array_agg(a.attname::text ORDER BY k.n) FROM pg_index i
            CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n)
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
           WHERE i.indrelid = c.oid AND i.indisprimary) AS primary_key,
         EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indimmediate) AS key_is_immediate,
         (SELECT array_agg(a.attname::text ORDER BY k.n) FROM pg_index i
            CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n)
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
           WHERE i.indrelid = c.oid AND i.indisreplident) AS identity_index,
         (SELECT array_agg(a.attname::text) FROM pg_attribute a
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             AND (EXISTS (SELECT FROM pg_constraint f WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.convalidated AND a.attnum = ANY (f.conkey))
               OR EXISTS (SELECT FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam
                           WHERE i.indrelid = c.oid AND m.amname = 'btree' AND i.indisvalid AND i.indpred IS NULL
                             AND i.indkey[0] = a.attnum))) AS indexed,
         (SELECT json_agg(json_build_object(
                   'name', a.attname, 'sourceType', format_type(a.atttypid, a.atttypmod),
                   'mirrorType', CASE
                     WHEN base.typnamespace = 'pg_catalog'::regnamespace AND base.typtype <> 'c'
                       AND coalesce(element.typname, base.typname) <> ALL ($3)
                     THEN format_type(base.oid, CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END)
                     ELSE 'text' END) ORDER BY a.attnum)
            FROM pg_attribute a
            JOIN pg_type t ON t.oid = a.atttypid
            JOIN pg_type base ON base.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
            LEFT JOIN pg_type element ON element.oid = base.typelem AND base.typcategory = 'A'
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relname = $2`;

/**
 * Built-in types whose text another server reads as something else, or not at all: names of objects and roles that only
 * legacy has, money (which depends on the server's locale) and xml (which not every PostgreSQL can read).
 */
const UNPORTABLE_TYPES = [
  'aclitem',
  'money',
  'pg_node_tree',
  'regclass',
  'regcollation',
  'regconfig',
  'regdictionary',
  'regnamespace',
  'regoper',
  'regoperator',
  'regproc',
  'regprocedure',
  'regrole',
  'regtype',
  'xml',
];

const identityNames: Readonly<Record<string, string>> = { d: 'default', n: 'nothing', f: 'full', i: 'index' };

/** Describes one legacy table (`schema.table`); undefined when there is none. */
export async function describeTable(client: Client, name: string): Promise<SourceTable | undefined> {
  const dot = name.indexOf('.');
  const found = await client.query<{
    schema: string;
    table: string;
    kind: string;
    estimated: number;
    identity: string;
    primary_key: string[] | null;
    key_is_immediate: boolean;
    identity_index: string[] | null;
    indexed: string[] | null;
    columns: SourceColumn[] | null;
  }>(TABLE_SQL, [name.slice(0, dot), name.slice(dot + 1), UNPORTABLE_TYPES]);
  const row = found.rows[0];
  const shape = (await readShapes(client, [name])).get(name);
  if (!row || !shape) return undefined;
  const replicaIdentity = identityNames[row.identity] ?? row.identity;
  return {
    name,
    schema: row.schema,
    table: row.table,
    kind: row.kind,
    columns: row.columns ?? [],
    primaryKey: row.primary_key ?? [],
    replicaIdentity,
    identityColumns: identityOf(replicaIdentity, row),
    indexed: row.indexed ?? [],
    estimatedRows: row.estimated,
    shape,
  };
}

/** A deferrable primary key is none: two rows can have the same one for a while. */
function identityOf(
  replicaIdentity: string,
  row: { primary_key: string[] | null; identity_index: string[] | null; key_is_immediate: boolean },
): readonly string[] {
  if (replicaIdentity === 'index') return row.identity_index ?? [];
  return row.key_is_immediate ? (row.primary_key ?? []) : [];
}
