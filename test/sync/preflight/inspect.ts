import { Client } from 'pg';
import type { Finding, SourceDemand } from '../../../src/sync/postgres/preflight/finding.ts';
import { inspectSource } from '../../../src/sync/postgres/preflight/inspect-source.ts';
import { runSql } from '../../support/postgres-server.ts';

export const SLOT = 'fig_test';

/** What preflight finds, as `fig up` and `fig preflight` ask for it. */
export async function inspect(url: string, demands: readonly SourceDemand[] = []): Promise<readonly Finding[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await inspectSource(client, { url, slot: SLOT, demands })).findings;
  } finally {
    await client.end();
  }
}

/** `severity id subject` of each finding that is not about the server's version and disk, which are always told. */
export function names(findings: readonly Finding[]): readonly string[] {
  return findings
    .filter(({ id }) => id !== 'server-features' && id !== 'disk')
    .map(({ severity, id, subject }) => `${severity} ${id} ${subject}`)
    .toSorted();
}

/** Everything that preflight could have changed: the next transaction id, and what the catalog holds. */
export async function stateOf(url: string): Promise<unknown> {
  const [state] = await runSql(
    url,
    `SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next_xid,
            (SELECT json_agg(s ORDER BY s.slot_name) FROM
               (SELECT slot_name, plugin, restart_lsn, confirmed_flush_lsn FROM pg_replication_slots) s) AS slots,
            (SELECT json_agg(p ORDER BY p.oid) FROM pg_publication p) AS publications,
            (SELECT json_agg(r ORDER BY r.oid) FROM pg_publication_rel r) AS published,
            (SELECT md5(json_agg(c ORDER BY c.oid)::text) FROM pg_class c) AS classes,
            (SELECT md5(json_agg(a ORDER BY a.attrelid, a.attnum)::text) FROM
               (SELECT attrelid, attnum, attname, atttypid, xmin::text FROM pg_attribute) a) AS columns,
            (SELECT md5(json_agg(r ORDER BY r.rolname)::text) FROM pg_roles r) AS roles,
            (SELECT json_agg(s ORDER BY s.name) FROM (SELECT name, setting FROM pg_settings
               WHERE name <> 'application_name') s)::text AS settings`,
  );
  return state;
}
