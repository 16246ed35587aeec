import type { NormalizedCompareRules } from '../../config/compare-rules.ts';
import { allRules, rulesOfRoute, type CompareRule } from '../../config/rule-list.ts';
import type { RuleHealth, RuleOnRoute } from '../../cutover/rule-health.ts';
import type { RouteHidden } from '../../store/rule-hit-store.ts';
import { storedId } from '../../store/rule-hits.ts';
import { daysLeftOf } from './expiring-rules.ts';

// Nothing here does I/O.

/** A rule with what it has hidden in one step. */
export interface RuleFigures {
  readonly rule: CompareRule;
  readonly isExpired: boolean;
  /** See `daysLeftOf`. */
  readonly daysLeft: number | undefined;
  /** Routes that it holds for and of which answers were compared; `hidden`: of a rule that can hide nothing, those that it fits. */
  readonly routes: readonly (RuleOnRoute & { readonly lastSeen: Date | undefined })[];
}

/** Every rule of a feature. `routes`: as reports name them. `now`: milliseconds since the epoch. */
export function ruleFigures(
  compare: NormalizedCompareRules,
  routes: readonly string[],
  hidden: readonly RouteHidden[],
  now: number,
): readonly RuleFigures[] {
  const inForce = routes.map((route) => ({
    names: new Set(rulesOfRoute(compare, route).rules.map(nameOf)),
    hidden: hidden.find((each) => each.route === route),
  }));
  return allRules(compare).map((rule) => ({
    rule,
    isExpired: rule.expiresAt !== undefined && rule.expiresAt <= now,
    daysLeft: daysLeftOf(rule, now),
    routes: inForce.flatMap(({ names, hidden: seen }) => {
      if (seen === undefined || !names.has(nameOf(rule))) return [];
      const { route, known, unknown } = seen;
      const hits = seen.rules.get(storedId(rule.id));
      return { route, known, unknown, hidden: hits?.answers ?? 0, lastSeen: hits?.lastSeen };
    }),
  }));
}

/** A rule of a route that takes the place of the feature's is another rule. */
function nameOf({ id, route }: CompareRule): string {
  return `${route ?? ''}\n${id}`;
}

/** Of the others it is counted where they fit something. */
const hiding: ReadonlySet<CompareRule['kind']> = new Set([
  'ignore',
  'keyed',
  'unordered',
  'tolerance',
  'format',
  'map',
]);

export function canHide({ kind }: Pick<CompareRule, 'kind'>): boolean {
  return hiding.has(kind);
}

/** As the gate is told. */
export function ruleHealth({ rule, isExpired, routes }: RuleFigures): RuleHealth {
  const { kind, path, route, expires, maxHidden } = rule;
  return {
    rule: `${kind} rule ${path}`,
    route,
    expired: isExpired ? expires : undefined,
    maxHidden,
    routes: canHide(rule) ? routes : [],
  };
}
