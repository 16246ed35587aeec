import type { NormalizedCompareRules, PlaceRule, RouteCompareRules } from '../../src/config/compare-rules.ts';
import { allRules, isNameOf, rulesOfRoute, type CompareRule } from '../../src/config/rule-list.ts';
import { compilePathRules } from '../path-rules.ts';

/** A rule that lets differences pass. */
export interface HidingRule {
  /** `ignore`, `keyed`, `unordered`, `tolerance`, `format`, `map` */
  readonly rule: string;
  readonly path: string;
  /** Of `map`: the candidate's place. */
  readonly to?: string | undefined;
}

const listKinds = ['ignore', 'unordered'] as const;
const recordKinds = ['keyed', 'tolerance', 'format', 'map'] as const;
const hidingKinds: ReadonlySet<CompareRule['kind']> = new Set([...listKinds, ...recordKinds]);

/** Throws a SyntaxError when a path of the rules cannot be read. */
export function checkRulePaths(rules: NormalizedCompareRules): void {
  compilePathRules(allRules(rules));
}

/** Those for one route of a feature that can hide a difference, in the order in which they are reported. */
export function hidingRules(rules: NormalizedCompareRules, route: string): readonly HidingRule[] {
  return rulesOfRoute(rules, route)
    .rules.filter(({ kind }) => hidingKinds.has(kind))
    .map((rule) => ({ rule: rule.kind, path: rule.path, ...(rule.kind === 'map' && { to: rule.to }) }));
}

/** The rules as they would be for the route without that one. */
export function withoutRule(rules: NormalizedCompareRules, hiding: HidingRule, route: string): NormalizedCompareRules {
  const routes = Object.entries(rules.routes).map(([name, own]): [string, RouteCompareRules] => [
    name,
    isNameOf(name, route) ? { ...own, ...without(own, hiding) } : own,
  ]);
  return { ...rules, ...without(rules, hiding), routes: Object.fromEntries(routes) };
}

function without<T extends RouteCompareRules>(rules: T, { rule, path }: HidingRule): Partial<T> {
  const changed: Record<string, unknown> = {};
  for (const kind of listKinds) {
    if (kind === rule) changed[kind] = (rules[kind] ?? []).filter((each) => pathOf(each) !== path);
  }
  for (const kind of recordKinds) {
    if (kind !== rule) continue;
    changed[kind] = Object.fromEntries(Object.entries(rules[kind] ?? {}).filter(([each]) => each !== path));
  }
  return changed as Partial<T>;
}

function pathOf(rule: PlaceRule): string {
  return typeof rule === 'string' ? rule : rule.path;
}
