/**
 * Pairs as many of two lists as can be paired, each with one that is the same to it (augmenting paths: H. W. Kuhn, "The
 * Hungarian Method for the Assignment Problem", 1955). Being the same need not be transitive: within a tolerance, 1 is 2
 * and 2 is 3, and who takes the first that fits may leave somebody without. Returns for each on the left its partner on
 * the right. Recurses no deeper than the shorter list is long.
 */
export function matchWithin(
  leftCount: number,
  rightCount: number,
  isSame: (left: number, right: number) => boolean,
): readonly (number | undefined)[] {
  const fits = Array.from({ length: leftCount }, (_, left) =>
    Array.from({ length: rightCount }, (__, right) => right).filter((right) => isSame(left, right)),
  );
  const takenBy: (number | undefined)[] = Array.from({ length: rightCount });
  const give = (left: number, tried: Set<number>): boolean => {
    const free = fits[left]!.find((right) => takenBy[right] === undefined);
    const taken =
      free ??
      fits[left]!.find((right) => {
        if (tried.has(right)) return false;
        tried.add(right);
        return give(takenBy[right]!, tried);
      });
    if (taken !== undefined) takenBy[taken] = left;
    return taken !== undefined;
  };
  for (let left = 0; left < leftCount; left += 1) give(left, new Set());
  const partners: (number | undefined)[] = Array.from({ length: leftCount });
  for (const [right, left] of takenBy.entries()) if (left !== undefined) partners[left] = right;
  return partners;
}
