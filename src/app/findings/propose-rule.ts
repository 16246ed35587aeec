import { isKnown } from './shown-value.ts';
import { pairsOf, type ShownTexts, type SuspectedCause } from './suspect-cause.ts';

export interface ProposedRule {
  /** As it would stand below `compare` in the config: `tolerance: { '$.total': 0.005 }`. */
  readonly rule: string;
  /** Of the values looked at, those that it would hide; undefined: that cannot be told from single values. */
  readonly hides: number | undefined;
  readonly of: number;
  /** One sentence. */
  readonly preview: string;
  readonly warning: string;
}

export const ruleWarning =
  'A rule hides what differs also where the code is wrong. Write it only if the difference is meant.';

/**
 * The rule that a suspected cause leads to, and what it would hide. None for a critical group, where nothing may be hidden, and
 * none that would hide nothing. No I/O.
 */
export function proposeRule(
  cause: SuspectedCause | undefined,
  group: { readonly critical: boolean; readonly count: number },
  seen: readonly ShownTexts[],
): ProposedRule | undefined {
  if (group.critical || cause?.rule === undefined) return undefined;
  const { text: rule, hides: isHidden } = cause.rule;
  const of = seen.length;
  if (isHidden === undefined) {
    return {
      rule,
      hides: undefined,
      of,
      preview: 'what it would hide cannot be told from the samples',
      warning: ruleWarning,
    };
  }
  const pairs = pairsOf(seen);
  // What was shortened or redacted is not known to be hidden; a rule for order says nothing of values.
  const hides = pairs.filter((pair) => (isKnown(pair) || cause.name === 'order') && isHidden(pair)).length;
  if (hides === 0) return undefined;
  return { rule, hides, of, preview: previewOf(hides, of, group.count), warning: ruleWarning };
}

function previewOf(hides: number, of: number, answers: number): string {
  if (answers <= of) return `would hide ${hides} of ${of} answers`;
  const about = Math.round((answers * hides) / of);
  return `would hide ${hides} of ${of} looked at, so about ${numbers.format(about)} of ${numbers.format(answers)} answers`;
}

const numbers = new Intl.NumberFormat('en-US');
