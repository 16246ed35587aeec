import type { Knex } from 'knex';
import { storable } from './evidence-item.ts';
import type { DifferenceTally, SeenDifference } from './evidence-batch.ts';
import { PairRows } from './pair-rows.ts';

export const samplesPerGroup = 5;
const MAX_TEXT = 2_000;

/** What a batch saw, and which of its evidence nobody had seen before. */
interface SeenGroups {
  readonly groups: readonly DifferenceTally[];
  readonly fresh: ReadonlySet<string>;
}

/**
 * Adds what a batch saw of each group, and keeps a fair sample of five. Evidence counts as spoiled by the groups that it
 * showed when it was first seen: a group that the same question shows later only adds to the plain count.
 */
export async function writeDifferences(
  tx: Knex.Transaction,
  scopeId: string,
  { groups, fresh }: SeenGroups,
  random: () => number,
): Promise<void> {
  const pairs = new PairRows(tx, scopeId);
  for (const group of groups) {
    const spoiled = new Set(group.seen.flatMap(({ key }) => (key !== undefined && fresh.has(key) ? [key] : [])));
    const { id, count } = await upsertGroup(tx, scopeId, group, spoiled.size);
    const kept = new Map<number, SeenDifference>();
    for (const [index, seen] of group.seen.entries()) {
      const slot = slotOf(count - group.seen.length + index + 1, random);
      if (slot !== undefined) kept.set(slot, seen);
    }
    for (const [slot, seen] of kept) await upsertSample(tx, id, slot, seen, await pairs.idOf(seen));
  }
  await pairs.dropUnused();
}

/** Reservoir sampling: where the nth one seen goes, if anywhere, so that each has the same chance to stay. */
export function slotOf(nth: number, random: () => number): number | undefined {
  if (nth <= samplesPerGroup) return nth - 1;
  const slot = Math.floor(random() * nth);
  return slot < samplesPerGroup ? slot : undefined;
}

async function upsertGroup(
  tx: Knex.Transaction,
  scopeId: string,
  { path, kind, seen }: DifferenceTally,
  spoiled: number,
): Promise<{ id: string; count: number }> {
  const times = seen.map(({ seenAt }) => seenAt);
  const { rows } = await tx.raw<{ rows: { id: string; count: string }[] }>(
    `INSERT INTO fig.difference_group AS g (scope_id, path, kind, critical, count, spoiled, first_seen, last_seen)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (scope_id, path, kind) DO UPDATE SET count = g.count + excluded.count,
       spoiled = g.spoiled + excluded.spoiled, critical = g.critical OR excluded.critical,
       first_seen = least(g.first_seen, excluded.first_seen), last_seen = greatest(g.last_seen, excluded.last_seen)
     RETURNING id, count`,
    [
      scopeId,
      path,
      kind,
      seen.some(({ difference }) => difference.critical),
      seen.length,
      spoiled,
      new Date(Math.min(...times)),
      new Date(Math.max(...times)),
    ],
  );
  return { id: rows[0]!.id, count: Number(rows[0]!.count) };
}

async function upsertSample(
  tx: Knex.Transaction,
  groupId: string,
  slot: number,
  seen: SeenDifference,
  pairId: string | undefined,
): Promise<void> {
  const { at, legacy, candidate } = seen.difference;
  await tx.raw(
    `INSERT INTO fig.difference_sample (group_id, slot, question, place, legacy, candidate, seen_at, pair_id)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (group_id, slot) DO UPDATE SET question = excluded.question, place = excluded.place,
       legacy = excluded.legacy, candidate = excluded.candidate, seen_at = excluded.seen_at,
       pair_id = excluded.pair_id`,
    [
      groupId,
      slot,
      storable(seen.question, MAX_TEXT),
      storable(at, MAX_TEXT),
      legacy === undefined ? null : storable(legacy, MAX_TEXT),
      candidate === undefined ? null : storable(candidate, MAX_TEXT),
      new Date(seen.seenAt),
      pairId ?? null,
    ],
  );
}
