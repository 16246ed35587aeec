import { milestone } from '../../kernel/milestones.ts';
import { sleep } from '../../kernel/service.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';
import { textOfKey } from '../mirror/collapse-changes.ts';
import type { Key } from './compared-table.ts';
import { compareRange, MAX_SUSPECTS, unequalKeys } from './find-differences.ts';
import { ordersAlike } from './key-order.ts';
import { FIRST_CHUNK_ROWS, nextChunkRows, restAfterWork } from './pace.ts';
import { openPair, type ReconcileParts, type SnapshotPair } from './snapshot-pair.ts';

/** Rows of a chunk whose keys are exchanged one by one. */
const MAX_LISTED_ROWS = 10_000;

export interface SourceComparison {
  readonly rows: number;
  /** Keys that differed in one pair of snapshots. */
  readonly suspects: readonly Key[];
  /** There may be more: it was given up because so much differs. */
  readonly truncated: boolean;
}

interface Chunk {
  readonly rows: number;
  readonly suspects: readonly Key[];
  /** Where the next one begins; undefined when this was the last. */
  readonly next: Key | undefined;
}

type CompareChunk = (pair: SnapshotPair, after: Key | null, rows: number) => Promise<Chunk>;

export interface ComparePace {
  readonly maxLoad: number;
  /** Told after every chunk how many rows of legacy were compared. */
  readonly onRows: (rows: number) => void;
}

/** Compares one legacy table with its mirror, chunk by chunk, each in a pair of snapshots of its own. */
export async function compareSource(
  parts: ReconcileParts,
  mirror: MirrorTable,
  pace: ComparePace,
): Promise<SourceComparison> {
  // Where the two sides sort keys differently a range of one is no range of the other. Then legacy's keys are looked up in
  // the mirror, and after that the mirror's in legacy.
  const passes: CompareChunk[] = ordersAlike(mirror.keyTypes) ? [compareByRange] : [lookUpInMirror, lookUpInLegacy];
  const suspects = new Map<string, Key>();
  let rows = 0;
  for (const pass of passes) {
    let size = FIRST_CHUNK_ROWS;
    for (let after: Key | null = null; ;) {
      const before = parts.legacy.busyMs;
      const chunk = await inPair(parts, mirror, (pair) => pass(pair, after, size));
      milestone('reconcile:range-compared');
      const tookMs = parts.legacy.busyMs - before;
      for (const key of chunk.suspects) suspects.set(textOfKey(key), key);
      rows += chunk.rows;
      pace.onRows(rows);
      if (suspects.size >= MAX_SUSPECTS) return { rows, suspects: [...suspects.values()], truncated: true };
      await sleep(restAfterWork(tookMs, pace.maxLoad), parts.signal);
      if (chunk.next === undefined) break;
      after = chunk.next;
      size = nextChunkRows(size, tookMs);
    }
  }
  return { rows, suspects: [...suspects.values()], truncated: false };
}

async function inPair(
  parts: ReconcileParts,
  mirror: MirrorTable,
  compare: (pair: SnapshotPair) => Promise<Chunk>,
): Promise<Chunk> {
  await using pair = await openPair(parts, mirror);
  return await compare(pair); // Awaited here, or the pair would be closed first.
}

async function compareByRange(pair: SnapshotPair, after: Key | null, size: number): Promise<Chunk> {
  const last = await pair.source.keyAt({ after, upTo: null }, size);
  const { rows, suspects } = await compareRange(pair, { after, upTo: last ?? null });
  return { rows, suspects, next: last };
}

async function lookUpInMirror(pair: SnapshotPair, after: Key | null, size: number): Promise<Chunk> {
  const { digests, last } = await pair.source.pageAfter(after, Math.min(size, MAX_LISTED_ROWS));
  const keyOf = (text: string): Key => pair.source.keyOf(text);
  const found = await pair.mirror.digestsOf([...digests.keys()].map(keyOf));
  return { rows: digests.size, suspects: unequalKeys(digests, found).map(keyOf), next: last ?? undefined };
}

/** Rows that legacy has are compared already; here only those count that it lacks. */
async function lookUpInLegacy(pair: SnapshotPair, after: Key | null, size: number): Promise<Chunk> {
  const { digests, last } = await pair.mirror.pageAfter(after, Math.min(size, MAX_LISTED_ROWS));
  const keyOf = (text: string): Key => pair.source.keyOf(text);
  const keys = [...digests.keys()];
  const known = await pair.source.digestsOf(keys.map(keyOf));
  return { rows: 0, suspects: keys.filter((key) => !known.has(key)).map(keyOf), next: last ?? undefined };
}
