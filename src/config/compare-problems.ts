import type { NormalizedCompareRules } from './compare-rules.ts';
import { didYouMean } from './did-you-mean.ts';
import { isNameOf, rulesOfRoute, allRules, type CompareRule } from './rule-list.ts';
import { coversAll, crosses } from './rule-cover.ts';
import { moveOf } from './rule-move.ts';
import { parsePath, type PatternStep } from './rule-path.ts';

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

interface Opposites {
  readonly kinds: readonly [CompareRule['kind'], CompareRule['kind']];
  /** Whether what the first does at its path leaves nothing for the second to do, or nobody could say which of them holds. */
  readonly contradict: (one: readonly PatternStep[], other: readonly PatternStep[]) => boolean;
  readonly why: string;
}

const isSame = (one: readonly PatternStep[], other: readonly PatternStep[]): boolean =>
  coversAll(one, other) && coversAll(other, one);

/** An ignored place within a critical one is an exception that somebody has written down; the reverse would never be heard of. */
const opposites: readonly Opposites[] = [
  { kinds: ['ignore', 'critical'], contradict: coversAll, why: 'a place that is not compared cannot be critical' },
  // Whose row it is is looked up also below what is not compared.
  { kinds: ['ignore', 'owner'], contradict: isSame, why: 'a place that is not compared cannot say whose row it is' },
  {
    kinds: ['keyed', 'unordered'],
    contradict: (one, other) => isSame(one, other) || crosses(one, other),
    why: 'elements are paired by a key or by nothing',
  },
];

function contradictions(compare: NormalizedCompareRules, routes: readonly string[]): CompareProblem[] {
  const found = new Map<string, CompareProblem>();
  for (const route of [undefined, ...routes]) {
    const { rules } = rulesOfRoute(compare, route);
    for (const { kinds, contradict, why } of opposites) {
      const others = parsedOf(rules, kinds[1]);
      for (const one of parsedOf(rules, kinds[0])) {
        const against = others.find((other) => contradict(one.steps, other.steps));
        if (against === undefined) continue;
        const at = whereOf(against.rule.route === undefined ? one.rule : against.rule);
        found.set(`${at} ${one.rule.id}`, { at, message: `${describe(one, against)}: ${why}` });
      }
    }
  }
  return [...found.values()];
}

interface Parsed {
  readonly rule: CompareRule;
  readonly steps: readonly PatternStep[];
}

function parsedOf(rules: readonly CompareRule[], kind: CompareRule['kind']): readonly Parsed[] {
  return rules.filter((rule) => rule.kind === kind).map((rule) => ({ rule, steps: parsePath(rule.path) }));
}

function describe(one: Parsed, other: Parsed): string {
  const { kind, path } = one.rule;
  if (isSame(one.steps, other.steps)) return `${path} is under ${kind} and under ${other.rule.kind}`;
  const where = one.steps.length < other.steps.length ? 'which holds' : 'which is also';
  return `${path} is under ${kind}, ${where} ${other.rule.path} under ${other.rule.kind}`;
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
