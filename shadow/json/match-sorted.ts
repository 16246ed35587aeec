/** Where a value stands on its own scale: two of one kind are the nearer, the nearer their numbers. */
export interface Rank {
  readonly kind: string;
  readonly at: number;
}

/**
 * Pairs as many of two lists as can be paired, where being the same is a matter of how near two values are: both are gone
 * through from the least to the greatest, and each takes the least that is the same to it and left over. That is exact for
 * such values, and takes the time of sorting them. Those without a rank are the same to nobody. Returns for each on the left
 * its partner on the right.
 */
export function matchSorted(
  left: readonly (Rank | undefined)[],
  right: readonly (Rank | undefined)[],
  isSame: (left: number, right: number) => boolean,
): readonly (number | undefined)[] {
  const partners: (number | undefined)[] = Array.from({ length: left.length });
  const rights = byKind(right);
  for (const [kind, ours] of byKind(left)) {
    const theirs = rights.get(kind) ?? [];
    let next = 0;
    for (const { index, at } of ours) {
      // What is too small for this one is too small for all that follow.
      while (next < theirs.length && theirs[next]!.at <= at && !isSame(index, theirs[next]!.index)) next += 1;
      const other = theirs[next];
      if (other === undefined) break;
      if (!isSame(index, other.index)) continue;
      partners[index] = other.index;
      next += 1;
    }
  }
  return partners;
}

function byKind(ranks: readonly (Rank | undefined)[]): Map<string, { readonly index: number; readonly at: number }[]> {
  const kinds = new Map<string, { readonly index: number; readonly at: number }[]>();
  for (const [index, rank] of ranks.entries()) {
    if (rank === undefined) continue;
    const known = kinds.get(rank.kind);
    if (known) known.push({ index, at: rank.at });
    else kinds.set(rank.kind, [{ index, at: rank.at }]);
  }
  for (const known of kinds.values()) known.sort((a, b) => a.at - b.at);
  return kinds;
}
