import type { Client } from 'pg';

/** The publication that has our name, if there is one. */
export interface PublicationFacts {
  readonly name: string;
  readonly isMine: boolean;
  readonly allTables: boolean;
  /** `schema.table` */
  readonly tables: readonly string[];
  /** Tables of which only some rows or columns are published. */
  readonly filtered: readonly string[];
  /** Inserts, updates, deletes and truncates are all published. */
  readonly isWhole: boolean;
}

export async function readPublicationFacts(client: Client, name: string): Promise<PublicationFacts | undefined> {
  const found = await client.query<{ mine: boolean; all_tables: boolean; whole: boolean }>(
    `SELECT pg_has_role(pubowner, 'USAGE') AS mine, puballtables AS all_tables,
            pubinsert AND pubupdate AND pubdelete AND pubtruncate AS whole
       FROM pg_publication WHERE pubname = $1`,
    [name],
  );
  const row = found.rows[0];
  if (!row) return undefined;
  // Filters came with PostgreSQL 15; read as JSON, a column that an older server does not have is null.
  const tables = await client.query<{ name: string; filtered: boolean }>(
    `SELECT n.nspname || '.' || c.relname AS name,
            to_jsonb(r) ->> 'prqual' IS NOT NULL OR to_jsonb(r) ->> 'prattrs' IS NOT NULL AS filtered
       FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid
       JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE p.pubname = $1 ORDER BY 1`,
    [name],
  );
  return {
    name,
    isMine: row.mine,
    allTables: row.all_tables,
    isWhole: row.whole,
    tables: tables.rows.map((table) => table.name),
    filtered: tables.rows.filter(({ filtered }) => filtered).map((table) => table.name),
  };
}

export interface ExposedTable {
  readonly table: string;
  readonly publication: string;
}

/** Tables that publications of others publish although they have no replica identity. */
export async function readExposedTables(client: Client, ours: string): Promise<readonly ExposedTable[]> {
  const found = await client.query<ExposedTable>(
    `SELECT t.schemaname || '.' || t.tablename AS "table", p.pubname AS publication
       FROM pg_publication p JOIN pg_publication_tables t ON t.pubname = p.pubname
       JOIN pg_namespace n ON n.nspname = t.schemaname
       JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename
      WHERE (p.pubupdate OR p.pubdelete) AND p.pubname <> $1 AND c.relkind = 'r' AND c.relreplident <> 'f'
        AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indimmediate AND i.indisvalid
             AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END)
      ORDER BY 1, 2 LIMIT 20`,
    [ours],
  );
  return found.rows;
}
