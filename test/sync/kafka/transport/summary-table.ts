import type { SyncSetup } from '../../fixtures.ts';

/** The table of the read model: what is built anew is another one, and what is emptied has another file. */
export async function summaryTable({ target }: SyncSetup): Promise<unknown> {
  const { rows } = await target.raw(
    `SELECT oid::text, relfilenode::text FROM pg_class WHERE oid = 'rm_summary_v1.summary'::regclass`,
  );
  return rows;
}
