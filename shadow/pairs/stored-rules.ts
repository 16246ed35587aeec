import type { NormalizedCompareRules } from '../../src/config/normalized-config.ts';

/** A rule that lets differences pass. */
export interface HidingRule {
  /** `ignore`, `keyed`, `tolerance` */
  readonly rule: string;
  readonly path: string;
}

/** Those for one route of a feature that can hide a difference, in the order in which they are reported. */
export function hidingRules(
  { ignore, keyed, tolerance }: NormalizedCompareRules,
  _route: string,
): readonly HidingRule[] {
  return [
    ...ignore.map((path) => ({ rule: 'ignore', path })),
    ...Object.keys(keyed).map((path) => ({ rule: 'keyed', path })),
    ...Object.keys(tolerance).map((path) => ({ rule: 'tolerance', path })),
  ];
}

/** The rules as they would be without that one. */
export function withoutRule(rules: NormalizedCompareRules, { rule, path }: HidingRule): NormalizedCompareRules {
  if (rule === 'ignore') return { ...rules, ignore: rules.ignore.filter((each) => each !== path) };
  if (rule === 'keyed') return { ...rules, keyed: withoutKey(rules.keyed, path) };
  return { ...rules, tolerance: withoutKey(rules.tolerance, path) };
}

function withoutKey<T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([each]) => each !== key));
}
