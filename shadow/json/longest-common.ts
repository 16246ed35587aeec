/** Positions of two elements that are the same. */
export type Match = readonly [left: number, right: number];

/**
 * The matches of a longest common subsequence of two sequences, in rising order: the greedy algorithm of E. W. Myers,
 * "An O(ND) Difference Algorithm and Its Variations", Algorithmica 1 (1986), 251-266. Undefined when the sequences are
 * more than `maxEdits` insertions and deletions apart; time and memory grow with the square of that number, not with
 * what is compared. `spend` is told how many steps are taken, and ends the search by false.
 */
export function longestCommon(
  leftLength: number,
  rightLength: number,
  isSame: (left: number, right: number) => boolean,
  maxEdits: number,
  spend: (steps: number) => boolean = () => true,
): readonly Match[] | undefined {
  const most = Math.min(maxEdits, leftLength + rightLength);
  // The furthest position on the left that is reached on each diagonal (left - right), from -most - 1 to most + 1.
  const furthest = new Int32Array(2 * most + 3);
  const middle = most + 1;
  const trace: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits += 1) {
    trace.push(furthest.slice(middle - edits - 1, middle + edits + 2));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const comesDown = isDown(furthest, middle + diagonal, diagonal, edits);
      const from = comesDown ? furthest[middle + diagonal + 1]! : furthest[middle + diagonal - 1]! + 1;
      let left = edits === 0 ? 0 : from;
      while (left < leftLength && left - diagonal < rightLength && isSame(left, left - diagonal)) left += 1;
      furthest[middle + diagonal] = left;
      if (!spend(1 + left - from)) return undefined;
      if (diagonal === leftLength - rightLength && left >= leftLength) return walkBack(trace, leftLength, rightLength);
    }
  }
  return undefined;
}

/** Whether the furthest way onto a diagonal is an insertion on the right, and not a deletion on the left. */
function isDown(furthest: Int32Array, at: number, diagonal: number, edits: number): boolean {
  return diagonal === -edits || (diagonal !== edits && furthest[at - 1]! < furthest[at + 1]!);
}

function walkBack(trace: readonly Int32Array[], leftLength: number, rightLength: number): Match[] {
  const matches: Match[] = [];
  let [left, right] = [leftLength, rightLength];
  for (let edits = trace.length - 1; edits > 0; edits -= 1) {
    const furthest = trace[edits]!;
    const diagonal = left - right;
    const at = edits + 1 + diagonal;
    const comesDown = isDown(furthest, at, diagonal, edits);
    const before = furthest[comesDown ? at + 1 : at - 1]!;
    const landed = comesDown ? before : before + 1;
    while (left > landed) matches.push([(left -= 1), (right -= 1)]);
    left = before;
    right = before - (comesDown ? diagonal + 1 : diagonal - 1);
  }
  while (left > 0) matches.push([(left -= 1), (right -= 1)]);
  return matches.toReversed();
}
