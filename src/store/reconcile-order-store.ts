import type { Knex } from 'knex';

/** Whoever ordered a comparison must ask for it again within this time, or it is not wanted any more. */
const WANTED_MS = 10_000;

/** A comparison of a read model with legacy that one process wants and another has to do. */
export interface ReconcileOrderRow {
  readonly id: string;
  readonly projection: string;
  /** `schema.table`; undefined: all of them. */
  readonly source: string | undefined;
  readonly repair: boolean;
  readonly maxLoad: number;
}

/** How far it is. The values are JSON that one version of fig wrote for itself. */
export interface ReconcileOrderState {
  readonly isTaken: boolean;
  /** Since whoever does it was last seen, or since it was ordered. */
  readonly silentMs: number;
  readonly progress: unknown;
  readonly outcome: unknown;
  readonly error: unknown;
}

export async function placeOrder(store: Knex, order: Omit<ReconcileOrderRow, 'id'>): Promise<string> {
  const { projection, source, repair, maxLoad } = order;
  const [made] = await store('fig.reconcile_order')
    .insert({ projection, source: source ?? null, repair, max_load: maxLoad, wanted_until: untilWanted(store) })
    .returning<{ id: string }[]>('id');
  return made!.id;
}

/** Undefined: it is gone. */
export async function lookAtOrder(store: Knex, id: string): Promise<ReconcileOrderState | undefined> {
  const { rows } = await store.raw<{
    rows: { taken: boolean; silent_ms: number; progress: unknown; outcome: unknown; error: unknown }[];
  }>(
    `UPDATE fig.reconcile_order SET wanted_until = clock_timestamp() + ? * interval '1 millisecond' WHERE id = ?
     RETURNING taken_by IS NOT NULL AS taken, progress, outcome, error,
       (extract(epoch FROM clock_timestamp() - coalesce(seen_at, ordered_at)) * 1000)::float8 AS silent_ms`,
    [WANTED_MS, id],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { taken, silent_ms, progress, outcome, error } = row;
  return { isTaken: taken, silentMs: silent_ms, progress, outcome, error };
}

export async function removeOrder(store: Knex, id: string): Promise<void> {
  await store('fig.reconcile_order').where({ id }).delete();
}

/** The oldest that is wanted and that nobody does, now taken by `process`. */
export async function takeOrder(
  store: Knex,
  process: string,
  projections: readonly string[],
): Promise<ReconcileOrderRow | undefined> {
  await store.raw(`DELETE FROM fig.reconcile_order WHERE wanted_until < clock_timestamp() - interval '1 minute'`);
  const { rows } = await store.raw<{
    rows: { id: string; projection: string; source: string | null; repair: boolean; max_load: number }[];
  }>(
    `UPDATE fig.reconcile_order SET taken_by = ?, seen_at = clock_timestamp()
     WHERE id = (
       SELECT id FROM fig.reconcile_order
       WHERE taken_by IS NULL AND wanted_until > clock_timestamp() AND projection = ANY (?)
       ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING id, projection, source, repair, max_load`,
    [process, [...projections]],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { id, projection, source, repair, max_load } = row;
  return { id, projection, source: source ?? undefined, repair, maxLoad: max_load };
}

/** False: nobody wants it any more. */
export async function tellOrder(store: Knex, id: string, progress: unknown): Promise<boolean> {
  const { rows } = await store.raw<{ rows: unknown[] }>(
    `UPDATE fig.reconcile_order SET progress = coalesce(?::jsonb, progress), seen_at = clock_timestamp()
     WHERE id = ? AND wanted_until > clock_timestamp() RETURNING id`,
    [progress === undefined ? null : JSON.stringify(progress), id],
  );
  return rows.length > 0;
}

export async function endOrder(
  store: Knex,
  id: string,
  end: { readonly outcome: unknown } | { readonly error: unknown },
): Promise<void> {
  const columns = 'outcome' in end ? { outcome: JSON.stringify(end.outcome) } : { error: JSON.stringify(end.error) };
  await store('fig.reconcile_order').where({ id }).update(columns);
}

function untilWanted(store: Knex): Knex.Raw {
  return store.raw(`clock_timestamp() + ? * interval '1 millisecond'`, [WANTED_MS]);
}
