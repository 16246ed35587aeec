import type { Knex } from 'knex';
import { appendAudit } from './audit-store.ts';
import { readModelNames } from './read-model-names.ts';

export interface VersionDrop {
  readonly feature: string;
  /** Of the read model. */
  readonly name: string;
  readonly version: number;
  readonly who: string;
  readonly why: string;
}

/** Versions of a read model that the store holds, lowest first, whether anybody declares them or not. */
export async function storedVersions(db: Knex, name: string): Promise<readonly number[]> {
  const { rows } = await db.raw<{ rows: { version: string }[] }>(
    `SELECT substr(name, ?::int) AS version FROM fig.projection
      WHERE starts_with(name, ?) AND substr(name, ?::int) ~ '^[1-9][0-9]{0,3}$' ORDER BY 1`,
    [name.length + 3, `${name}_v`, name.length + 3],
  );
  return rows.map(({ version }) => Number(version)).toSorted((a, b) => a - b);
}

/**
 * Takes a version out of the store: its tables, its mirror and all that is known of it. Returns what kept it from it, in
 * which case nothing was touched.
 */
export function dropVersion(store: Knex, drop: VersionDrop): Promise<'dropped' | 'serves' | 'unknown'> {
  const { feature, name, version, who, why } = drop;
  const names = readModelNames({ name, version });
  return store.transaction(async (tx) => {
    // Whoever reads from it is waited for, though not for long: those who come after them would wait, too.
    await tx.raw(`SET LOCAL lock_timeout = '5s'`);
    const serving = await tx('fig.serving_version').where({ feature }).forUpdate().first('version');
    if (serving?.version === version) return 'serves';
    // Dead letters, copies and comparisons go with it.
    const removed: number = await tx('fig.projection').where({ name: names.projection }).delete();
    if (removed === 0) return 'unknown';
    await tx('fig.transport_offset').where({ projection: names.projection }).delete();
    await tx('fig.transport_work').where({ work: 'read-model', name: names.projection }).delete();
    for (const schema of [names.schema, names.mirror]) await tx.raw('DROP SCHEMA IF EXISTS ?? CASCADE', [schema]);
    const routing = await tx('fig.phase_revision').first('revision');
    await appendAudit(tx, {
      feature,
      action: 'drop-version',
      from: names.projection,
      to: 'dropped',
      who,
      why,
      gate: undefined,
      evidence: undefined,
      revision: Number(routing?.revision ?? 0),
    });
    return 'dropped';
  });
}
