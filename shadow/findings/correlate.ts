import { leftOut, type Facts } from '../../src/kernel/facts.ts';
import { candidateConditions } from './candidate-conditions.ts';
import { bitsOfChoice, bitsOfLabels, bitsOfLabelsGiven, type Split } from './code-length.ts';
import { holds, type Condition } from './condition.ts';
import { columnsOf, type Tally } from './fact-column.ts';

export interface Correlation extends Split {
  /** One, or two that must both hold. */
  readonly conditions: readonly Condition[];
  /** Others that hold for the very same ones: which of them is the cause cannot be told from this sample. */
  readonly others: readonly Condition[];
}

/** How seldom a predicate is said of facts that have nothing to do with what differs: at most once in so many groups. */
export const falseAlarmRate = 0.001;
const MIN_MISMATCHES = 5;
const MIN_MATCHES = 10;
/** Of what differs, the share that it must hold for; of what matches, the share that it may hold for. */
const MIN_RECALL = 0.8;
const MAX_HELD_MATCHES = 0.25;
/** Single conditions that are tried in pairs. */
const MAX_PAIRED = 30;
const MAX_OTHERS = 2;
/** Whether it is one condition or two is said first. */
const FORM_BIT = 1;

/**
 * The predicate on facts that tells what differs from what matches: one condition, or two. It is the one with which the sample can
 * be described in fewest bits (minimum description length: J. Rissanen, "Modeling by shortest data description", Automatica
 * 14, 1978), predicate included, so that a pair must be worth its words. If facts have nothing to do with what differs, the
 * chance that any predicate whatever saves k bits is at most 2^-k, however many are tried (no-hypercompression inequality:
 * P. Grünwald, "The Minimum Description Length Principle", 2007, section 3.3); what saves fewer than log2(1/0.001) bits is
 * not told. Undefined: nothing can be said. No I/O.
 */
export function correlate(mismatches: readonly Facts[], matches: readonly Facts[]): Correlation | undefined {
  if (mismatches.length < MIN_MISMATCHES || matches.length < MIN_MATCHES) return undefined;
  const sample: Sample = { mismatches, matches };
  const isComplete = [...mismatches, ...matches].every((facts) => !Object.hasOwn(facts, leftOut));
  const singles = candidateConditions(columnsOf(mismatches, matches), isComplete)
    .filter(({ held }) => held.mismatches >= MIN_RECALL * mismatches.length)
    .map(({ condition, held, bits }) => predicate(sample, [condition], held, bits))
    .toSorted(byLength);
  const allowed = bitsOfLabels(sizesOf(sample)) - Math.log2(1 / falseAlarmRate);
  // Where one tells them apart without an exception, a second only costs words.
  const isDone = singles.some(({ split }) => split.mismatchesHeld === split.mismatches && split.matchesHeld === 0);
  const pairs = isDone ? [] : pairsOf(sample, singles.slice(0, MAX_PAIRED));
  const [best] = [...singles, ...pairs]
    .filter(({ split, bits }) => bits <= allowed && isSeparating(split))
    .toSorted(byLength);
  if (best === undefined) return undefined;
  return { ...best.split, conditions: best.conditions, others: othersOf(sample, best, singles) };
}

interface Sample {
  readonly mismatches: readonly Facts[];
  readonly matches: readonly Facts[];
}

interface Predicate {
  readonly conditions: readonly Condition[];
  readonly split: Split;
  /** To name it. */
  readonly ownBits: number;
  /** To name it, and then which of the sample differ. */
  readonly bits: number;
}

function sizesOf({ mismatches, matches }: Sample): Tally {
  return { mismatches: mismatches.length, matches: matches.length };
}

function predicate(sample: Sample, conditions: readonly Condition[], held: Tally, ownBits: number): Predicate {
  const split = { ...sizesOf(sample), mismatchesHeld: held.mismatches, matchesHeld: held.matches };
  return { conditions, split, ownBits, bits: FORM_BIT + ownBits + bitsOfLabelsGiven(split) };
}

/** Both must hold. Two of one fact are a range. */
function pairsOf(sample: Sample, singles: readonly Predicate[]): Predicate[] {
  const masks = singles.map(({ conditions }) => ({
    mismatches: maskOf(conditions[0]!, sample.mismatches),
    matches: maskOf(conditions[0]!, sample.matches),
  }));
  return singles.flatMap((first, i) =>
    singles.slice(i + 1).map((second, offset) => {
      const other = masks[i + 1 + offset]!;
      const held = {
        mismatches: countBoth(masks[i]!.mismatches, other.mismatches),
        matches: countBoth(masks[i]!.matches, other.matches),
      };
      // A and B is B and A.
      const ownBits = first.ownBits + second.ownBits - bitsOfChoice(2);
      return predicate(sample, [...first.conditions, ...second.conditions], held, ownBits);
    }),
  );
}

function maskOf(condition: Condition, units: readonly Facts[]): Uint8Array {
  return Uint8Array.from(units, (facts) => Number(holds(condition, facts)));
}

function countBoth(a: Uint8Array, b: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < a.length; i += 1) count += a[i]! & b[i]!;
  return count;
}

function isSeparating({ mismatches, mismatchesHeld, matches, matchesHeld }: Split): boolean {
  return mismatchesHeld / mismatches >= MIN_RECALL && matchesHeld / matches <= MAX_HELD_MATCHES;
}

function byLength(a: Predicate, b: Predicate): number {
  return a.bits - b.bits;
}

function othersOf(sample: Sample, { conditions, split }: Predicate, singles: readonly Predicate[]): Condition[] {
  const [told, ...more] = conditions;
  if (told === undefined || more.length > 0) return [];
  const names = new Set([told.name]);
  const units = [...sample.mismatches, ...sample.matches];
  const others: Condition[] = [];
  for (const other of singles) {
    const condition = other.conditions[0]!;
    const isAlike =
      other.split.mismatchesHeld === split.mismatchesHeld && other.split.matchesHeld === split.matchesHeld;
    if (names.has(condition.name) || !isAlike) continue;
    if (units.some((facts) => holds(condition, facts) !== holds(told, facts))) continue;
    names.add(condition.name);
    others.push(condition);
    if (others.length === MAX_OTHERS) break;
  }
  return others;
}
