import type { Client } from 'pg';

/** What the role of `legacy.database` may do, apart from tables. */
export interface RoleFacts {
  readonly name: string;
  readonly mayReplicate: boolean;
  readonly readOnly: boolean;
  readonly mayCreateInDatabase: boolean;
  readonly database: string;
  /** Functions that capture calls and that the role may not. */
  readonly refusedFunctions: readonly string[];
}

const FUNCTIONS = ['pg_logical_emit_message', 'pg_current_wal_insert_lsn', 'pg_current_snapshot'];

export async function readRoleFacts(client: Client): Promise<RoleFacts> {
  // On RDS nobody has the attribute; membership of rds_replication stands for it.
  const found = await client.query<{
    name: string;
    may_replicate: boolean;
    read_only: boolean;
    may_create: boolean;
    database: string;
    refused: string[];
  }>(
    `SELECT r.rolname AS name,
            r.rolsuper OR r.rolreplication OR EXISTS (SELECT FROM pg_roles g
              WHERE g.rolname = 'rds_replication' AND pg_has_role(r.oid, g.oid, 'USAGE')) AS may_replicate,
            current_setting('default_transaction_read_only')::boolean AS read_only,
            has_database_privilege(current_database(), 'CREATE') AS may_create,
            current_database() AS database,
            ARRAY(SELECT p.oid::regprocedure::text FROM pg_proc p
                   WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname = ANY ($1)
                     AND NOT 'bytea'::regtype = ANY (p.proargtypes) AND NOT has_function_privilege(p.oid, 'EXECUTE')) AS refused
       FROM pg_roles r WHERE r.rolname = current_user`,
    [FUNCTIONS],
  );
  const row = found.rows[0]!;
  return {
    name: row.name,
    mayReplicate: row.may_replicate,
    readOnly: row.read_only,
    mayCreateInDatabase: row.may_create,
    database: row.database,
    refusedFunctions: row.refused,
  };
}
