import type { Knex } from 'knex';

/**
 * To set constraints back to what they are by themselves, only their names can be used, which tables may share; those of a name
 * that others do not defer stay immediate until the transaction ends.
 */
const sql = `
  DO $$
  DECLARE deferred text;
  BEGIN
    SET CONSTRAINTS ALL IMMEDIATE;
    SELECT string_agg(DISTINCT format('%I.%I', n.nspname, c.conname), ', ') INTO deferred
      FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
     WHERE c.condeferred AND has_schema_privilege(n.oid, 'USAGE')
       AND NOT EXISTS (SELECT FROM pg_constraint o
                        WHERE o.connamespace = c.connamespace AND o.conname = c.conname AND NOT o.condeferred);
    IF deferred IS NOT NULL THEN EXECUTE 'SET CONSTRAINTS ' || deferred || ' DEFERRED'; END IF;
  END $$`;

/** Checks now what would be checked at COMMIT, when nobody can tell any more which part of the work it is that fails. */
export async function checkConstraints(tx: Knex.Transaction): Promise<void> {
  await tx.raw(sql);
}
