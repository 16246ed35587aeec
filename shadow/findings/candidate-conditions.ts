import type { FactValue } from '../../src/kernel/facts.ts';
import { bitsOfChoice, bitsOfSubset } from './code-length.ts';
import type { Condition } from './condition.ts';
import { sumOf, type FactColumn, type Tally } from './fact-column.ts';

/** A condition, what it holds for, and what it takes to name it among all that could be named. */
export interface Candidate {
  readonly condition: Condition;
  readonly held: Tally;
  readonly bits: number;
}

const FORMS = 6;
/** Values that a fact may have to be told apart by single ones; beyond, it is as good as unique. */
const MAX_VALUES = 100;
/** Thresholds that are tried of a number: more are thinned out evenly. */
const MAX_THRESHOLDS = 64;
const MAX_ONE_OF = 4;

/**
 * Every condition on one fact that is worth a look; of those that say the same, the plainer one first. The bits of each are those of a code that can be agreed on by whoever knows the
 * facts, but not which of the sample differ. `isComplete`: what has no value is absent, and not left out.
 */
export function candidateConditions(columns: readonly FactColumn[], isComplete: boolean): readonly Candidate[] {
  const bits = bitsOfChoice(columns.length) + bitsOfChoice(FORMS);
  return columns.flatMap((column) => [
    ...(isComplete ? absence(column, bits) : []),
    ...equalities(column, bits),
    ...ranges(column, bits),
    ...oneOfs(column, bits),
    ...inequalities(column, bits),
  ]);
}

function absence({ name, absent }: FactColumn, bits: number): Candidate[] {
  return [{ condition: { form: 'absent', name }, held: absent, bits }];
}

function equalities({ name, values }: FactColumn, bits: number): Candidate[] {
  if (values.size > MAX_VALUES) return [];
  const valueBits = bits + bitsOfChoice(values.size);
  return [...values].map(([value, held]) => ({ condition: { form: 'is', name, value }, held, bits: valueBits }));
}

/** Of two values, not to be one is to be the other. */
function inequalities({ name, values }: FactColumn, bits: number): Candidate[] {
  if (values.size < 3 || values.size > MAX_VALUES) return [];
  const all = sumOf([...values.values()]);
  const valueBits = bits + bitsOfChoice(values.size);
  return [...values].map(([value, { mismatches, matches }]) => {
    const held = { mismatches: all.mismatches - mismatches, matches: all.matches - matches };
    return { condition: { form: 'is-not', name, value }, held, bits: valueBits };
  });
}

/** Which set of values it is is paid for in its bits, so it may be chosen by looking at what differs. */
function oneOfs({ name, values }: FactColumn, bits: number): Candidate[] {
  if (values.size < 3 || values.size > MAX_VALUES) return [];
  const ranked = [...values]
    .filter(([, { mismatches }]) => mismatches > 0)
    .toSorted(([, a], [, b]) => shareOf(b) - shareOf(a));
  const found: Candidate[] = [];
  for (let size = 2; size <= Math.min(MAX_ONE_OF, ranked.length, values.size - 1); size += 1) {
    const chosen = ranked.slice(0, size);
    found.push({
      condition: { form: 'one-of', name, values: inOrder(chosen.map(([value]) => value)) },
      held: sumOf(chosen.map(([, tally]) => tally)),
      bits: bits + bitsOfChoice(MAX_ONE_OF - 1) + bitsOfSubset(values.size, size),
    });
  }
  return found;
}

/** Of values alike, those that more of what differs has come first. */
function shareOf({ mismatches, matches }: Tally): number {
  return (mismatches + 0.5) / (mismatches + matches + 1);
}

function ranges({ name, values }: FactColumn, bits: number): Candidate[] {
  const numbers = [...values].filter((entry): entry is [number, Tally] => typeof entry[0] === 'number');
  if (numbers.length < 3) return [];
  const sorted = numbers.toSorted(([a], [b]) => a - b);
  const all = sumOf(sorted.map(([, tally]) => tally));
  const stride = Math.ceil(sorted.length / MAX_THRESHOLDS);
  const valueBits = bits + bitsOfChoice(Math.ceil(sorted.length / stride));
  const found: Candidate[] = [];
  let [mismatchesBelow, matchesBelow] = [0, 0];
  for (const [index, [value, { mismatches, matches }]] of sorted.entries()) {
    if (index % stride === 0) {
      const from = { mismatches: all.mismatches - mismatchesBelow, matches: all.matches - matchesBelow };
      const upTo = { mismatches: mismatchesBelow + mismatches, matches: matchesBelow + matches };
      found.push(
        { condition: { form: 'at-least', name, value }, held: from, bits: valueBits },
        { condition: { form: 'at-most', name, value }, held: upTo, bits: valueBits },
      );
    }
    mismatchesBelow += mismatches;
    matchesBelow += matches;
  }
  return found;
}

function inOrder(values: readonly FactValue[]): FactValue[] {
  return values.toSorted((a, b) => {
    if (typeof a === 'number' && typeof b === 'number') return a - b;
    return String(a) < String(b) ? -1 : 1;
  });
}
