import type { NormalizedCompareRules } from '../config/compare-rules.ts';
import { allRules, type CompareRule, type Tolerance } from '../config/rule-list.ts';
import type { ReportRule } from './feature-report.ts';

/** The rules of a feature as lines of what they do and where, those that can fail a gate first. */
export function reportRules(compare: NormalizedCompareRules): readonly ReportRule[] {
  return [
    ...allRules(compare).map((rule) => ({ rule: rule.kind, where: rule.path, detail: detailOf(rule) })),
    ...compare.headers.map((where) => ({ rule: 'header', where, detail: 'compared' })),
  ];
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
