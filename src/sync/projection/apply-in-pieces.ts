import type { Knex } from 'knex';
import type { MirrorTable } from '../mirror/mirror-table.ts';
import { cutBySize, keysRead } from './cut-by-size.ts';
import type { CommittedChanges, StoredReads } from './derivation.ts';

/** Of the texts of stored rows that are held at once. One row may be larger. */
const MOST_READ_BYTES = 16 * 1024 * 1024;

/**
 * The changes in pieces for which no more stored rows are read than fit into memory. What an update leaves as it is does not
 * travel, so a batch that is small on the wire may touch rows of any size.
 */
export async function inPieces(
  tx: Knex.Transaction,
  transactions: readonly CommittedChanges[],
  mirrors: ReadonlyMap<string, MirrorTable>,
  readsOf: (source: string) => StoredReads,
): Promise<readonly (readonly CommittedChanges[])[]> {
  const sources = new Map([...mirrors].map(([name, { key }]) => [name, { key, reads: readsOf(name) }]));
  const read = keysRead(transactions, sources);
  // A single row cannot be cut, and quiet databases send one change at a time.
  if ([...read.values()].reduce((sum, keys) => sum + keys.size, 0) <= 1) return [transactions];
  const sizes = new Map<string, ReadonlyMap<string, number>>();
  for (const [source, keys] of read) {
    const large = await mirrors.get(source)!.sizesOf(tx, [...keys.values()], MOST_READ_BYTES / read.size);
    if (large.size > 0) sizes.set(source, large);
  }
  return sizes.size === 0 ? [transactions] : cutBySize(transactions, sources, sizes, MOST_READ_BYTES);
}
