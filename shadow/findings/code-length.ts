// Lengths in bits of the shortest codes for what is said here; shorter codes mean better explanations. No I/O.

const logFactorials: number[] = [0];

function logFactorial(n: number): number {
  for (let next = logFactorials.length; next <= n; next += 1) {
    logFactorials.push(logFactorials[next - 1]! + Math.log2(next));
  }
  return logFactorials[n]!;
}

/** To say which `k` of `n` are meant. */
export function bitsOfSubset(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

/** To say one of so many. */
export function bitsOfChoice(count: number): number {
  return Math.log2(Math.max(1, count));
}

/** How many of a sample differ and match, among all of it and among those that a condition holds for. */
export interface Split {
  readonly mismatches: number;
  readonly matches: number;
  readonly mismatchesHeld: number;
  readonly matchesHeld: number;
}

/** To say which of a sample differ, given how many do. */
export function bitsOfLabels({ mismatches, matches }: Pick<Split, 'mismatches' | 'matches'>): number {
  return bitsOfSubset(mismatches + matches, mismatches);
}

/** The same to somebody who knows for which of them the condition holds. */
export function bitsOfLabelsGiven({ mismatches, matches, mismatchesHeld, matchesHeld }: Split): number {
  const held = mismatchesHeld + matchesHeld;
  const others = mismatches + matches - held;
  const count = bitsOfChoice(Math.min(held, mismatches) + 1);
  return count + bitsOfSubset(held, mismatchesHeld) + bitsOfSubset(others, mismatches - mismatchesHeld);
}
