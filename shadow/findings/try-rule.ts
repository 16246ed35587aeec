import { storedComparer, type StoredComparison } from '../pairs/compare-stored.ts';
import { redactorFor } from '../pairs/keep-rules.ts';
import { compareProblems } from '../../src/config/compare-problems.ts';
import { compareSchema } from '../../src/config/compare-rules-schema.ts';
import type { NormalizedCompareRules } from '../../src/config/compare-rules.ts';
import type { KeptPair } from '../../src/store/pair-store.ts';
import { tellOfStored } from '../pairs/tell-of-stored.ts';
import type { AddedRule } from './causes/cause.ts';
import type { RuleTrial } from './finding.ts';

/** What is stored of a feature, and the rules that it is compared under. */
export interface TrialGround {
  readonly rules: NormalizedCompareRules;
  /** As reports name them. */
  readonly routes: readonly string[];
  readonly pairs: readonly KeptPair[];
  /** A pair compared under these rules; once, however many rules are tried. */
  readonly before: (pair: KeptPair) => StoredComparison;
}

export function trialGround({ rules, routes, pairs }: Omit<TrialGround, 'before'>): TrialGround {
  const compare = byRoute(rules);
  const known = new Map<KeptPair, StoredComparison>();
  const before = (pair: KeptPair): StoredComparison => {
    const compared = known.get(pair) ?? compare(pair);
    known.set(pair, compared);
    return compared;
  };
  return { rules, routes, pairs, before };
}

/** Puts a rule to the stored pairs of a feature. Undefined: a config with it would be refused. No I/O. */
export function tryRule(
  adds: AddedRule,
  group: { readonly route: string; readonly path: string },
  { rules, routes, pairs, before: compareBefore }: TrialGround,
): RuleTrial | undefined {
  const tried = withRule(rules, adds);
  if (!compareSchema.safeParse(adds).success || isRefused(tried, rules, routes)) return undefined;
  const compareAfter = byRoute(tried);
  const counts = { pairs: 0, hidden: 0, unknown: 0 };
  const also = new Map<string, { route: string; path: string; pairs: number }>();
  for (const pair of pairs) {
    const { route } = pair;
    const before = compareBefore(pair);
    const after = compareAfter(pair);
    for (const path of hiddenPlaces(before, after)) {
      if (route === group.route && path === group.path) continue;
      const place = `${route}\n${path}`;
      also.set(place, { route, path, pairs: (also.get(place)?.pairs ?? 0) + 1 });
    }
    if (route !== group.route || tellOfStored(group, before).outcome !== 'remains') continue;
    const { outcome } = tellOfStored(group, after);
    counts.pairs += 1;
    if (outcome === 'gone') counts.hidden += 1;
    else if (outcome === 'undetermined') counts.unknown += 1;
  }
  return { ...counts, also: [...also.values()].toSorted((a, b) => b.pairs - a.pairs) };
}

/** Values are hashes already, and nothing of what is made of them here is shown or stored. */
const anyKey = new Uint8Array(32);

function byRoute(rules: NormalizedCompareRules): (pair: KeptPair) => StoredComparison {
  const redactor = redactorFor(anyKey, rules);
  const made = new Map<string, ReturnType<typeof storedComparer>>();
  return (pair) => {
    const comparer = made.get(pair.route) ?? storedComparer(rules, pair.route, redactor);
    made.set(pair.route, comparer);
    return comparer(pair);
  };
}

function withRule(rules: NormalizedCompareRules, adds: AddedRule): NormalizedCompareRules {
  return {
    ...rules,
    ignore: [...rules.ignore, ...(adds.ignore ?? [])],
    unordered: [...rules.unordered, ...(adds.unordered ?? [])],
    keyed: { ...rules.keyed, ...adds.keyed },
    tolerance: { ...rules.tolerance, ...adds.tolerance },
    format: { ...rules.format, ...adds.format },
  };
}

function isRefused(tried: NormalizedCompareRules, before: NormalizedCompareRules, routes: readonly string[]): boolean {
  const known = new Set(compareProblems(before, routes).map(({ message }) => message));
  return compareProblems(tried, routes).some(({ message }) => !known.has(message));
}

function hiddenPlaces(before: StoredComparison, after: StoredComparison): ReadonlySet<string> {
  const left = new Set([...after.differences, ...after.unsure].map(({ path }) => path));
  // Of an answer of which nothing is known any more, nothing is known to be hidden.
  if (left.has(undefined)) return new Set();
  return new Set(before.differences.map(({ path }) => path).filter((path) => !left.has(path)));
}
