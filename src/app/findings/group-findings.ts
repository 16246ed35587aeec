import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { Knex } from 'knex';
import { systemClock, type Clock } from '../../kernel/clock.ts';
import type { Facts } from '../../kernel/facts.ts';
import { FactStore } from '../../store/fact-store.ts';
import type { ReportGroup } from '../feature-report.ts';
import { correlate } from './correlate.ts';
import { describeCorrelation } from './describe-correlation.ts';
import { proposeRule } from './propose-rule.ts';
import { suspectCause } from './suspect-cause.ts';
import { unitsOf } from './units.ts';

export type Finding = Pick<ReportGroup, 'correlation' | 'cause' | 'proposal'>;

interface Scope {
  readonly feature: string;
  readonly fingerprint: string;
  readonly step: string;
}

interface Known {
  readonly finding: Finding;
  readonly spoiled: number;
  readonly at: number;
}

/** Groups that are looked into, in the order of the report: what blocks most. */
const MAX_GROUPS = 20;
/** The status page asks every few seconds, and each look takes some milliseconds of the thread that serves users. */
const FRESH_MS = 10_000;
/** While a group does not grow, nothing new is to be found; only what matches may have changed. */
const UNCHANGED_MS = 60_000;
const MAX_KNOWN = 500;

/** What groups have in common, why they may differ, and a rule that would hide them, from the samples in the store. */
export class GroupFindings {
  readonly #facts: FactStore;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();

  constructor(store: Knex, clock: Clock = systemClock) {
    this.#facts = new FactStore(store);
    this.#clock = clock;
  }

  /** The groups with what was found; those of other steps, and those that block least, as they are. */
  async addTo(scope: Scope, groups: readonly ReportGroup[]): Promise<readonly ReportGroup[]> {
    const matches = new Map<string, readonly Facts[]>();
    const found: ReportGroup[] = [];
    for (const [index, group] of groups.entries()) {
      const isLookedInto = index < MAX_GROUPS && group.inStep;
      found.push(isLookedInto ? { ...group, ...(await this.#findingOf(scope, group, matches)) } : group);
    }
    return found;
  }

  async #findingOf(scope: Scope, group: ReportGroup, matches: Map<string, readonly Facts[]>): Promise<Finding> {
    const { feature, fingerprint, step } = scope;
    const { route, path, kind, spoiled } = group;
    const name = JSON.stringify([feature, fingerprint, step, route, path, kind]);
    const known = this.#known.get(name);
    const age = known ? this.#clock.now() - known.at : Number.POSITIVE_INFINITY;
    if (known && age < (known.spoiled === spoiled ? UNCHANGED_MS : FRESH_MS)) return known.finding;

    const differing = await this.#facts.mismatches(feature, fingerprint, step, group);
    let matching = matches.get(route);
    if (!matching) {
      matching = await this.#facts.matches(feature, fingerprint, step, route);
      matches.set(route, matching);
    }
    await letOthersRun();
    const units = unitsOf(group, differing, matching);
    const correlation = correlate(units.mismatches, units.matches);
    // Of a group from before there were facts, its samples say what they can.
    const seen = differing.length > 0 ? differing : group.samples;
    const cause = suspectCause(group, seen);
    const finding = {
      correlation: correlation && describeCorrelation(correlation, units.areElements ? 'element' : 'answer'),
      cause: cause && { name: cause.name, sentence: cause.sentence, explained: cause.explained, of: cause.of },
      proposal: proposeRule(cause, group, seen),
    };
    this.#remember(name, { finding, spoiled, at: this.#clock.now() });
    return finding;
  }

  #remember(name: string, known: Known): void {
    this.#known.delete(name);
    this.#known.set(name, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }
}
