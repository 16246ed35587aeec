import type { NormalizedCompareRules } from './compare-rules.ts';
import { didYouMean } from './did-you-mean.ts';
import { isNameOf, rulesOfRoute, allRules, type CompareRule } from './rule-list.ts';
import { moveOf } from './rule-move.ts';
import { parsePath } from './rule-path.ts';

// Nothing here does I/O.

/** What is wrong with rules that are each well written: where it stands, and a sentence without a full stop. */
export interface CompareProblem {
  /** `compare.routes.GET /api/orders` */
  readonly at: string;
  readonly message: string;
}

/** `routes`: those of the feature, as reports name them. */
export function compareProblems(compare: NormalizedCompareRules, routes: readonly string[]): readonly CompareProblem[] {
  return [
    ...unknownRoutes(compare, routes),
    ...repeated(allRules(compare)),
    ...contradictions(compare, routes),
    ...impossibleMoves(allRules(compare)),
  ];
}

function unknownRoutes({ routes: named }: NormalizedCompareRules, routes: readonly string[]): CompareProblem[] {
  const plain = routes.map((route) => route.replace(/ \[.*$/s, ''));
  const known = [...new Set([...plain, ...routes])];
  return Object.keys(named).flatMap((name) => {
    if (routes.some((route) => isNameOf(name, route))) return [];
    return { at: `compare.routes.${name}`, message: `the feature has no such route${didYouMean(name, known)}` };
  });
}

/** Two that are the same in every word do no harm; of two that are not, nobody could say which holds. */
function repeated(rules: readonly CompareRule[]): CompareProblem[] {
  const seen = new Map<string, CompareRule>();
  return rules.flatMap((rule) => {
    const name = `${rule.route ?? ''}\n${rule.kind}\n${placeOf(rule)}`;
    const other = seen.get(name);
    seen.set(name, rule);
    if (other === undefined || JSON.stringify(other) === JSON.stringify(rule)) return [];
    return { at: whereOf(rule), message: `${rule.path} has such a rule already` };
  });
}

const opposites: readonly (readonly [CompareRule['kind'], CompareRule['kind'], string])[] = [
  ['ignore', 'critical', 'a place that is not compared cannot be critical'],
  ['ignore', 'owner', 'a place that is not compared cannot say whose row it is'],
  ['keyed', 'unordered', 'elements are paired by a key or by nothing'],
];

function contradictions(compare: NormalizedCompareRules, routes: readonly string[]): CompareProblem[] {
  const found = new Map<string, CompareProblem>();
  for (const route of [undefined, ...routes]) {
    const { rules } = rulesOfRoute(compare, route);
    for (const [kind, other, why] of opposites) {
      for (const rule of rules.filter((each) => each.kind === kind)) {
        const against = rules.find((each) => each.kind === other && placeOf(each) === placeOf(rule));
        if (against === undefined) continue;
        const at = whereOf(against.route === undefined ? rule : against);
        found.set(`${at} ${rule.id}`, { at, message: `${rule.path} is under ${kind} and under ${other}: ${why}` });
      }
    }
  }
  return [...found.values()];
}

function impossibleMoves(rules: readonly CompareRule[]): CompareProblem[] {
  return rules.flatMap((rule) => {
    if (rule.kind !== 'map') return [];
    const move = moveOf(rule.path, rule.to);
    return typeof move === 'string' ? { at: `${whereOf(rule)}.${rule.path}`, message: move } : [];
  });
}

/** The same for two ways to write one path. */
function placeOf({ path }: CompareRule): string {
  return JSON.stringify(parsePath(path));
}

function whereOf({ kind, route }: CompareRule): string {
  return route === undefined ? `compare.${kind}` : `compare.routes.${route}.${kind}`;
}
