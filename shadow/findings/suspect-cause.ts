import type { Cause, Clues, Rule } from './causes/cause.ts';
import { listCauses } from './causes/list-causes.ts';
import { numberCauses } from './causes/number-causes.ts';
import { presenceCauses } from './causes/presence-causes.ts';
import { statusCauses } from './causes/status-causes.ts';
import { textCauses } from './causes/text-causes.ts';
import { timeCauses } from './causes/time-causes.ts';
import { isKnown, readShown, type ShownPair } from './shown-value.ts';

export interface SuspectedCause {
  /** As documented in docs/causes.md. */
  readonly name: string;
  readonly sentence: string;
  /** Pairs of values that it explains, of those that could be looked at. */
  readonly explained: number;
  readonly of: number;
  readonly rule: Rule | undefined;
}

/** Those that say most come first. */
const causes: readonly Cause[] = [
  ...statusCauses,
  ...listCauses,
  ...numberCauses,
  ...timeCauses,
  ...presenceCauses,
  ...textCauses,
];

/** A cause is named when it explains this share of what was seen. */
const MIN_SHARE = 0.9;

export interface ShownTexts {
  readonly legacy: string | undefined;
  readonly candidate: string | undefined;
}

/** The first known cause that explains nearly all that was seen of a group; undefined: none does. No I/O. */
export function suspectCause(
  { path, kind }: Pick<Clues, 'path' | 'kind'>,
  seen: readonly ShownTexts[],
): SuspectedCause | undefined {
  const all = pairsOf(seen);
  const known = all.filter(isKnown);
  // What stands in an order is known whatever is shown of it; a failure has no values.
  const pairs = kind === 'order' || kind === 'error' ? all : known;
  if (pairs.length === 0) return undefined;
  for (const { name, explain } of causes) {
    const found = explain({ path, kind, pairs });
    if (found === undefined || found.explained < MIN_SHARE * pairs.length) continue;
    const { sentence, explained, rule } = found;
    return { name, sentence, explained, of: pairs.length, rule };
  }
  return undefined;
}

export function pairsOf(seen: readonly ShownTexts[]): ShownPair[] {
  return seen.map(({ legacy, candidate }) => ({ legacy: readShown(legacy), candidate: readShown(candidate) }));
}
