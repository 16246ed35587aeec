import type { NormalizedCompareRules } from '../../config/compare-rules.ts';
import type { CompareRule, Tolerance } from '../../config/rule-list.ts';
import type { ReportRule } from './feature-report.ts';
import { canHide, type RuleFigures } from './rule-figures.ts';

type UnfiguredRules = Pick<NormalizedCompareRules, 'headers'> &
  Partial<Pick<NormalizedCompareRules, 'cursors' | 'legacyCache'>>;

/** The rules of a feature as lines of what they do, where, and what that hid; those that can fail a gate first. */
export function reportRules(
  rules: readonly RuleFigures[],
  { headers, cursors = {}, legacyCache = {} }: UnfiguredRules,
): readonly ReportRule[] {
  return [
    ...rules.map(reportRule),
    ...Object.entries(cursors).map(([where, by]): ReportRule => ({
      rule: 'cursors',
      where,
      detail: `a token, asked with as ${by}`,
    })),
    ...Object.entries(legacyCache).map(([where, ms]): ReportRule => ({
      rule: 'cache',
      where,
      detail: `of legacy, ${ms / 1_000} s`,
    })),
    ...headers.map((where): ReportRule => ({ rule: 'header', where, detail: 'compared' })),
  ];
}

function reportRule(figures: RuleFigures): ReportRule {
  const { rule, isExpired, daysLeft } = figures;
  const { kind, path, route, because, expires, maxHidden } = rule;
  return {
    rule: kind,
    where: path,
    detail: detailOf(rule),
    ...(route !== undefined && { route }),
    ...(canHide(rule) ? hiddenOf(figures) : fitsOf(figures)),
    ...(maxHidden < 1 && { maxHidden }),
    ...(because !== undefined && { because }),
    ...(expires !== undefined && { expires, isExpired }),
    ...(daysLeft !== undefined && { daysLeft }),
  };
}

/** Nothing while no answer is known. */
function hiddenOf({ routes }: RuleFigures): Pick<ReportRule, 'hidden'> {
  const sum = (of: 'hidden' | 'known' | 'unknown'): number => routes.reduce((total, route) => total + route[of], 0);
  const [answers, compared, unknown] = [sum('hidden'), sum('known'), sum('unknown')];
  if (compared + unknown === 0) return {};
  const seen = routes.flatMap(({ lastSeen }) => lastSeen?.getTime() ?? []);
  return {
    hidden: {
      answers,
      compared,
      unknown,
      share: compared === 0 ? 0 : answers / compared,
      lastSeen: seen.length === 0 ? undefined : new Date(Math.max(...seen)).toISOString(),
    },
  };
}

function fitsOf(figures: RuleFigures): Pick<ReportRule, 'fits'> {
  const { hidden } = hiddenOf(figures);
  return hidden === undefined || hidden.compared === 0
    ? {}
    : { fits: { answers: hidden.answers, compared: hidden.compared } };
}

function detailOf(rule: CompareRule): string {
  switch (rule.kind) {
    case 'critical':
      return 'any difference fails the gate';
    case 'owner':
      return 'whose row it is: what only the candidate shows is critical';
    case 'ignore':
      return 'not compared';
    case 'keyed':
      return `elements paired by ${rule.by.join(' and ')}`;
    case 'unordered':
      return 'elements in any order';
    case 'tolerance':
      return `may differ by ${describeTolerance(rule.tolerance)}`;
    case 'format':
      return rule.as === 'timestamp' ? 'the same instant, however it is written' : 'a number, also as a text';
    case 'map':
      return `with the candidate at ${rule.to}`;
    default:
      return 'shown as a keyed hash';
  }
}

function describeTolerance({ absolute, relative, timeMs, ignoresCase }: Tolerance): string {
  const parts = [
    ...(absolute === undefined ? [] : [String(absolute)]),
    ...(relative === undefined ? [] : [`${Number((relative * 100).toPrecision(12))} %`]),
    ...(timeMs === undefined ? [] : [timeMs % 1_000 === 0 ? `${timeMs / 1_000} s` : `${timeMs} ms`]),
    ...(ignoresCase === true ? ['upper and lower case'] : []),
  ];
  return parts.join(' or ');
}
