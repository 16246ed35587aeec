import { sumUpGroups, type ToldOf } from './group-outcomes.ts';
import { storedComparer, type StoredComparison } from '../../../shadow/pairs/compare-stored.ts';
import { hidingRules, withoutRule, type HidingRule } from '../../../shadow/pairs/stored-rules.ts';
import { redactorFor } from '../../../shadow/pairs/keep-rules.ts';
import type { NormalizedCompareRules } from '../../config/compare-rules.ts';
import type { KeptPair } from '../../store/pair-store.ts';
import type { ProgressEvent } from '../starting/running-fig.ts';
import type { GroupOutcome } from './replay-report.ts';
import { tellOfStored } from '../../../shadow/pairs/tell-of-stored.ts';

/** The shape of `fig rules check --json`. */
export interface RulesReport {
  readonly at: string;
  readonly features: readonly FeatureRules[];
}

export interface FeatureRules {
  readonly feature: string;
  /** Stored pairs that were compared again. */
  readonly pairs: number;
  readonly groups: readonly GroupOutcome[];
  readonly rules: readonly RuleUse[];
}

export interface RuleUse extends HidingRule {
  /** Stored pairs that would differ in more places without it. */
  readonly hides: number;
}

export interface CheckedFeature {
  readonly feature: string;
  readonly rules: NormalizedCompareRules;
  /** Of this feature. */
  readonly pairs: readonly KeptPair[];
}

const step = 'compare again';

/** Compares stored pairs under rules, and again without each of them. Asks nobody. No I/O but the progress. */
export function checkRules(
  features: readonly CheckedFeature[],
  redactionKey: Uint8Array,
  onProgress: (event: ProgressEvent) => void,
): RulesReport {
  const total = features.reduce((sum, { pairs }) => sum + pairs.length, 0);
  let done = 0;
  onProgress({ step, state: 'started', done, total });
  const report = features.map((feature) =>
    checkFeature(feature, redactionKey, () => onProgress({ step, state: 'progress', done: (done += 1), total })),
  );
  onProgress({ step, state: 'done', detail: `${total} stored pairs` });
  return { at: new Date().toISOString(), features: report };
}

function checkFeature({ feature, rules, pairs }: CheckedFeature, key: Uint8Array, onDone: () => void): FeatureRules {
  const redactor = redactorFor(key, rules);
  const uses = new Map<string, RuleUse>();
  const byRoute = new Map<string, ReturnType<typeof comparersFor>>();
  const told: ToldOf[] = [];
  for (const pair of pairs) {
    const { route } = pair;
    const comparers = byRoute.get(route) ?? comparersFor(route);
    byRoute.set(route, comparers);
    const compared = comparers.all(pair);
    for (const group of pair.groups) told.push({ ...group, feature, route, told: tellOfStored(group, compared) });
    for (const { rule, compare } of comparers.without) {
      const use = ensureUse(rule);
      uses.set(nameOf(rule), { ...use, hides: use.hides + (differsMore(compare(pair), compared) ? 1 : 0) });
    }
    onDone();
  }
  return {
    feature,
    pairs: pairs.length,
    groups: sumUpGroups(told),
    rules: [...uses.values()],
  };

  function ensureUse(rule: HidingRule): RuleUse {
    return uses.get(nameOf(rule)) ?? { ...rule, hides: 0 };
  }

  function comparersFor(route: string) {
    return {
      all: storedComparer(rules, route, redactor),
      without: hidingRules(rules, route).map((rule) => ({
        rule,
        compare: storedComparer(withoutRule(rules, rule, route), route, redactor),
      })),
    };
  }
}

function nameOf({ rule, path }: HidingRule): string {
  return `${rule} ${path}`;
}

/** Whether there are places that differ without the rule and not with it. */
function differsMore(without: StoredComparison, withRule: StoredComparison): boolean {
  const known = new Set([...withRule.differences, ...withRule.unsure].map(({ path }) => path));
  return without.differences.some(({ path }) => !known.has(path));
}
