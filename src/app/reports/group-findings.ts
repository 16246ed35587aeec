import type { Knex } from 'knex';
import type { NormalizedCompareRules } from '../../config/compare-rules.ts';
import { systemClock, type Clock } from '../../kernel/clock.ts';
import { FactStore, type StoredFacts } from '../../store/fact-store.ts';
import { PairStore } from '../../store/pair-store.ts';
import type { Finding } from '../../../shadow/findings/finding.ts';
import { LookAside } from '../../../shadow/findings/look-aside.ts';
import type { GroupOfDifferences, GroupToLookInto, LookJob } from '../../../shadow/findings/look-into.ts';

export interface FindingScope {
  readonly feature: string;
  readonly fingerprint: string;
  readonly step: string;
  readonly rules: NormalizedCompareRules;
  /** Of the feature, as reports name them. */
  readonly routes: readonly string[];
}

/** As a report of one step has it. */
interface StepGroup extends GroupOfDifferences {
  /** Distinct comparisons of the step that it spoils. */
  readonly spoiled: number;
  /** Whether it was seen in the step. */
  readonly inStep: boolean;
}

interface Known {
  readonly looked: Finding;
  readonly spoiled: number;
  readonly at: number;
}

/** Groups that are looked into, in the order of the report: what blocks most. */
const MAX_GROUPS = 20;
/** The status page asks every few seconds, and each look reads some hundred kilobytes from the store. */
const FRESH_MS = 10_000;
/** While a group does not grow, nothing new is to be found; only what matches may have changed. */
const UNCHANGED_MS = 60_000;
const MAX_KNOWN = 500;
/** Each rule is tried on all of them: 50 pairs of 5 kB for both sides. */
const MAX_PAIR_BYTES = 256 * 1024;

/** What groups have in common, why they may differ, and a rule that would hide them, from the samples in the store. */
export class GroupFindings {
  readonly #facts: FactStore;
  readonly #pairs: PairStore;
  readonly #clock: Clock;
  readonly #aside: Pick<LookAside, 'look'>;
  readonly #known = new Map<string, Known>();

  constructor(store: Knex, clock: Clock = systemClock, aside: Pick<LookAside, 'look'> = new LookAside()) {
    this.#facts = new FactStore(store);
    this.#pairs = new PairStore(store);
    this.#clock = clock;
    this.#aside = aside;
  }

  /** The groups with what was found; those of other steps, and those that block least, as they are. */
  async addTo<G extends StepGroup>(scope: FindingScope, groups: readonly G[]): Promise<readonly (G & Finding)[]> {
    const chosen = groups.filter((group, index) => index < MAX_GROUPS && group.inStep);
    const stale = chosen.filter((group) => !this.#isFresh(scope, group));
    if (stale.length > 0) {
      const looked = await this.#aside.look(await this.#jobOf(scope, stale));
      for (const [index, group] of stale.entries()) this.#remember(scope, group, looked[index]!);
    }
    return groups.map((group) =>
      chosen.includes(group) ? { ...group, ...this.#known.get(nameOf(scope, group))?.looked } : group,
    );
  }

  #isFresh(scope: FindingScope, group: StepGroup): boolean {
    const known = this.#known.get(nameOf(scope, group));
    if (known === undefined) return false;
    // What took too long does so again, however much it has grown.
    const isSettled = known.spoiled === group.spoiled || known.looked.unfinished !== undefined;
    return this.#clock.now() - known.at < (isSettled ? UNCHANGED_MS : FRESH_MS);
  }

  async #jobOf(scope: FindingScope, groups: readonly StepGroup[]): Promise<LookJob> {
    const { feature, fingerprint, step, rules, routes } = scope;
    const matching = new Map<string, readonly StoredFacts[]>();
    const toLookInto: GroupToLookInto[] = [];
    for (const group of groups) {
      const { route, path, kind, critical, count, samples } = group;
      const differing = await this.#facts.mismatches(feature, fingerprint, step, group);
      if (!matching.has(route)) {
        matching.set(route, await this.#facts.matches(feature, fingerprint, step, route));
      }
      toLookInto.push({ group: { route, path, kind, critical, count, samples }, differing });
    }
    const pairs = await this.#pairs.samples(scope, MAX_PAIR_BYTES);
    return { groups: toLookInto, matching, pairs, rules, routes };
  }

  #remember(scope: FindingScope, group: StepGroup, looked: Finding): void {
    const name = nameOf(scope, group);
    this.#known.delete(name);
    this.#known.set(name, { looked, spoiled: group.spoiled, at: this.#clock.now() });
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }
}

function nameOf({ feature, fingerprint, step }: FindingScope, { route, path, kind }: StepGroup): string {
  return JSON.stringify([feature, fingerprint, step, route, path, kind]);
}
