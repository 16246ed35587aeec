import type { ProposedRule, RuleTrial } from './finding.ts';
import { isKnown } from './shown-value.ts';
import { pairsOf, type ShownTexts, type SuspectedCause } from './suspect-cause.ts';
import { tryRule, type TrialGround } from './try-rule.ts';

export const ruleWarning =
  'A rule hides what differs also where the code is wrong. Write it only if the difference is meant.';

/** Other places that a rule would hide; more are only counted. */
const MAX_ALSO = 3;

/**
 * The rule that a suspected cause leads to, tried on stored pairs, and what it would hide. None for a critical group, where
 * nothing may be hidden, none that would hide nothing, and none that a config would be refused for. No I/O.
 */
export function proposeRule(
  cause: SuspectedCause | undefined,
  group: { readonly route: string; readonly path: string; readonly critical: boolean; readonly count: number },
  seen: readonly ShownTexts[],
  ground: TrialGround,
): ProposedRule | undefined {
  if (group.critical || cause?.rule === undefined) return undefined;
  const { text: rule, adds, hides: isHidden } = cause.rule;
  const of = seen.length;
  const pairs = pairsOf(seen);
  // What was shortened or redacted is not known to be hidden; a rule for order says nothing of values.
  const hides = isHidden && pairs.filter((pair) => (isKnown(pair) || cause.name === 'order') && isHidden(pair)).length;
  if (hides === 0) return undefined;
  const trial = tryRule(adds, group, ground);
  // What the engine was seen to leave as it is, whatever the values look like.
  if (trial === undefined || (trial.pairs > 0 && trial.hidden + trial.unknown === 0)) return undefined;
  const preview = `${previewOf(hides, of, group.count)}; ${describeTrial(trial, group.route)}`;
  return { rule, hides, of, trial, preview, warning: ruleWarning };
}

function previewOf(hides: number | undefined, of: number, answers: number): string {
  if (hides === undefined) return 'what it would hide cannot be told from single values';
  if (answers <= of) return `would hide ${hides} of ${of} answers`;
  const about = Math.round((answers * hides) / of);
  return `would hide ${hides} of ${of} looked at, so about ${numbers.format(about)} of ${numbers.format(answers)} answers`;
}

/** `tried on 5 stored pairs it hid 4, and also $.name in 2` */
function describeTrial({ pairs, hidden, unknown, also }: RuleTrial, route: string): string {
  const others = also
    .slice(0, MAX_ALSO)
    .map((each) => `${each.path}${each.route === route ? '' : ` of ${each.route}`} in ${each.pairs}`);
  const more = also.length > MAX_ALSO ? ` and ${also.length - MAX_ALSO} places more` : '';
  const beside = others.length === 0 ? '' : `, and also ${others.join(', ')}${more}`;
  if (pairs === 0) return `no stored pair to try it on${beside}`;
  const told = unknown === 0 ? `it hid ${hidden}` : `it hid ${hidden}, and ${unknown} cannot tell`;
  return `tried on ${pairs} stored ${pairs === 1 ? 'pair' : 'pairs'} ${told}${beside}`;
}

const numbers = new Intl.NumberFormat('en-US');
