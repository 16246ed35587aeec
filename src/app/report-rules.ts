import type { NormalizedCompareRules } from '../config/normalized-config.ts';
import type { ReportRule } from './feature-report.ts';

/** The rules of a feature as lines of what they do and where, those that can fail a gate first. */
export function reportRules(rules: NormalizedCompareRules): readonly ReportRule[] {
  const { ignore, keyed, tolerance, critical, redact, headers, cursors = {}, legacyCache = {} } = rules;
  return [
    ...critical.map((where) => ({ rule: 'critical', where, detail: 'any difference fails the gate' })),
    ...ignore.map((where) => ({ rule: 'ignore', where, detail: 'not compared' })),
    ...Object.entries(keyed).map(([where, key]) => ({ rule: 'keyed', where, detail: `elements paired by ${key}` })),
    ...Object.entries(tolerance).map(([where, by]) => ({ rule: 'tolerance', where, detail: `may differ by ${by}` })),
    ...Object.entries(cursors).map(([where, by]) => ({
      rule: 'cursors',
      where,
      detail: `a token, asked with as ${by}`,
    })),
    ...Object.entries(legacyCache).map(([where, ms]) => ({
      rule: 'cache',
      where,
      detail: `of legacy, ${ms / 1_000} s`,
    })),
    ...redact.map((where) => ({ rule: 'redact', where, detail: 'shown as a keyed hash' })),
    ...headers.map((where) => ({ rule: 'header', where, detail: 'compared' })),
  ];
}
