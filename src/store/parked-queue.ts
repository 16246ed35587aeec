import type { Knex } from 'knex';

/** What waits behind a dead letter: changes of a row, or messages of a topic. */
type ParkedKind = 'change' | 'message';

/** Keys of the read model that something is about; `unknown`: there are others. */
export interface WaitingKeys {
  readonly keys: readonly string[];
  readonly unknown: boolean;
}

const tables = { change: 'fig.parked_change', message: 'fig.parked_message' } as const;

/** Takes what is at the front of a queue. Returns whether others are left, which is noted at the letter. */
export async function takeParked(
  tx: Knex.Transaction,
  kind: ParkedKind,
  { projection, place }: { readonly projection: string; readonly place: string },
  ids: readonly string[],
): Promise<boolean> {
  const table = tables[kind];
  await tx(table)
    .whereIn('id', [...ids])
    .delete();
  const { rows } = await tx.raw<{ rows: { left: string }[] }>(
    `SELECT count(*)::text AS left FROM ${table} WHERE projection = ? AND place = ?`,
    [projection, place],
  );
  const left = Number(rows[0]!.left);
  await tx('fig.dead_letter')
    .where({ projection, kind, place })
    .update({ changes_since: Math.max(0, left - 1) });
  return left > 0;
}

/** Notes at letters that so much more waits for them, by place. */
export async function countParked(
  tx: Knex.Transaction,
  kind: ParkedKind,
  projection: string,
  added: ReadonlyMap<string, number>,
): Promise<void> {
  await tx.raw(
    `UPDATE fig.dead_letter AS l SET changes_since = l.changes_since + a.n
       FROM unnest(?::text[], ?::bigint[]) AS a(place, n)
      WHERE l.projection = ? AND l.kind = ? AND l.place = a.place`,
    [[...added.keys()], [...added.values()], projection, kind] as never,
  );
}

/** Keys of the read model that what waits is about. */
export async function keysOfParked(db: Knex, kind: ParkedKind, projection: string): Promise<WaitingKeys> {
  const { rows } = await db.raw<{ rows: { key: string | null }[] }>(
    `SELECT DISTINCT k.key FROM ${tables[kind]} p
       LEFT JOIN unnest(coalesce(p.model_keys, ARRAY[NULL::text])) AS k(key) ON true
      WHERE p.projection = ? AND (p.model_keys IS NULL OR p.model_keys <> '{}') ORDER BY k.key`,
    [projection],
  );
  const keys = rows.flatMap(({ key }) => key ?? []);
  return { keys, unknown: keys.length < rows.length };
}
