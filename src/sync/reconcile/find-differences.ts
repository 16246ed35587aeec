import { type Key, type KeyRange, type RowDigests } from './compared-table.ts';
import type { SnapshotPair } from './snapshot-pair.ts';

/** Rows of a range that are looked at one by one. */
const LEAF_ROWS = 500;
/** More suspects than these in one chunk are not named one by one: everything differs. */
export const MAX_SUSPECTS = 20_000;

export interface RangeOutcome {
  /** Rows that legacy has in the range. */
  readonly rows: number;
  /** Keys whose rows differ in these snapshots; of those that changed between them it means nothing yet. */
  readonly suspects: readonly Key[];
}

/** Compares a range by its sum, and halves it until the rows that differ are known. */
export async function compareRange(pair: SnapshotPair, range: KeyRange): Promise<RangeOutcome> {
  const suspects: Key[] = [];
  const [source, mirror] = await Promise.all([pair.source.sum(range), pair.mirror.sum(range)]);
  const open = source.sum === mirror.sum && source.rows === mirror.rows ? [] : [{ range, source, mirror }];
  while (open.length > 0 && suspects.length < MAX_SUSPECTS) {
    const { range: at, source: s, mirror: m } = open.pop()!;
    const larger = s.rows >= m.rows ? { side: pair.source, rows: s.rows } : { side: pair.mirror, rows: m.rows };
    const middle = larger.rows > LEAF_ROWS ? await larger.side.keyAt(at, Math.floor(larger.rows / 2)) : undefined;
    if (middle === undefined) {
      const [left, right] = await Promise.all([pair.source.digests(at), pair.mirror.digests(at)]);
      suspects.push(...unequalKeys(left, right).map((key) => pair.source.keyOf(key)));
      continue;
    }
    for (const half of [
      { after: at.after, upTo: middle },
      { after: middle, upTo: at.upTo },
    ]) {
      const [a, b] = await Promise.all([pair.source.sum(half), pair.mirror.sum(half)]);
      if (a.sum !== b.sum || a.rows !== b.rows) open.push({ range: half, source: a, mirror: b });
    }
  }
  return { rows: source.rows, suspects };
}

/** The texts of keys that only one side has, or whose rows have another digest. */
export function unequalKeys(source: RowDigests, mirror: RowDigests): readonly string[] {
  const unequal = [...source].filter(([key, digest]) => mirror.get(key) !== digest).map(([key]) => key);
  const extra = [...mirror.keys()].filter((key) => !source.has(key));
  return [...unequal, ...extra];
}
