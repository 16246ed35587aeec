import type { CompareRules, KeyRule, RouteCompareRules, RuleNotes, ToleranceRule } from './compare-rules.ts';

/**
 * The rules as far as they say what is compared, each in its shortest form. What a rule says about itself, and whether it
 * was written with room for that, must not begin new evidence.
 */
export function rulesForEvidence(compare: CompareRules): unknown {
  const { routes, ...own } = compare;
  if (routes === undefined) return shortRules(own);
  const entries = Object.entries(routes).map(([name, rules]) => [name, shortRules(rules)]);
  return { ...shortRules(own), routes: Object.fromEntries(entries) };
}

function shortRules(rules: RouteCompareRules): Record<string, unknown> {
  const { ignore, keyed, unordered, tolerance, format, map, owner, ...others } = rules;
  return {
    ...others,
    ...(ignore && { ignore: ignore.map(shortPlace) }),
    ...(keyed && { keyed: eachShort(keyed, shortKey) }),
    ...(unordered && { unordered: unordered.map(shortPlace) }),
    ...(tolerance && { tolerance: eachShort(tolerance, shortTolerance) }),
    ...(format && { format: eachShort(format, (rule) => (typeof rule === 'string' ? rule : rule.as)) }),
    ...(map && { map: eachShort(map, (rule) => (typeof rule === 'string' ? rule : rule.to)) }),
    ...(owner && { owner: owner.map(shortPlace) }),
  };
}

function eachShort<R>(rules: Readonly<Record<string, R>>, shorten: (rule: R) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(rules).map(([path, rule]) => [path, shorten(rule)]));
}

function shortPlace(rule: string | { readonly path: string }): string {
  return typeof rule === 'string' ? rule : rule.path;
}

function shortKey(rule: KeyRule): unknown {
  const by = [typeof rule === 'string' ? rule : rule.by].flat();
  return by.length === 1 ? by[0] : by;
}

const noNotes: Readonly<Record<keyof RuleNotes, undefined>> = {
  because: undefined,
  expires: undefined,
  maxHidden: undefined,
};

function shortTolerance(rule: ToleranceRule): unknown {
  if (typeof rule === 'number') return rule;
  const entries = Object.entries({ ...rule, ...noNotes }).filter(([, value]) => value !== undefined);
  return entries.length === 1 && rule.absolute !== undefined ? rule.absolute : Object.fromEntries(entries);
}
