import type { NormalizedCompareRules } from '../../src/config/compare-rules.ts';
import type { Difference } from '../../src/kernel/verdict.ts';
import {
  readFacts,
  readMismatchFacts,
  type StoredFacts,
  type StoredMismatchFacts,
} from '../../src/store/fact-store.ts';
import { readPair, type PairRow } from '../../src/store/pair-store.ts';
import { correlate } from './correlate.ts';
import { describeCorrelation } from './describe-correlation.ts';
import type { Finding } from './finding.ts';
import { proposeRule } from './propose-rule.ts';
import { type ShownTexts, suspectCause } from './suspect-cause.ts';
import { trialGround } from './try-rule.ts';
import { unitsOf } from './units.ts';

/** Differences of one signature. */
export interface GroupOfDifferences {
  readonly route: string;
  readonly path: string;
  readonly kind: Difference['kind'];
  readonly critical: boolean;
  /** Answers that differed there. */
  readonly count: number;
  /** Values shortened and redacted; undefined: that side has nothing there. */
  readonly samples: readonly ShownTexts[];
}

/** A group, and facts of what differs in it. */
export interface GroupToLookInto {
  readonly group: GroupOfDifferences;
  readonly differing: readonly StoredMismatchFacts[];
}

/** Groups of one feature with all that is looked at. Survives a structured clone. */
export interface LookJob {
  readonly groups: readonly GroupToLookInto[];
  /** Facts of what matches, by route. */
  readonly matching: ReadonlyMap<string, readonly StoredFacts[]>;
  readonly pairs: readonly PairRow[];
  readonly rules: NormalizedCompareRules;
  /** As reports name them. */
  readonly routes: readonly string[];
}

/** Finds out about the groups of a job one after the other, in their order. No I/O. */
export function* lookInto({ groups, matching, pairs, rules, routes }: LookJob): Generator<Finding> {
  const ground = trialGround({ rules, routes, pairs: pairs.map(readPair) });
  for (const { group, differing: stored } of groups) {
    const differing = stored.map(readMismatchFacts);
    const units = unitsOf(group, differing, (matching.get(group.route) ?? []).map(readFacts));
    const correlation = correlate(units.mismatches, units.matches);
    // Of a group from before there were facts, its samples say what they can.
    const seen = differing.length > 0 ? differing : group.samples;
    const cause = suspectCause(group, seen);
    yield {
      correlation: correlation && describeCorrelation(correlation, units.areElements ? 'element' : 'answer'),
      cause: cause && { name: cause.name, sentence: cause.sentence, explained: cause.explained, of: cause.of },
      proposal: proposeRule(cause, group, seen, ground),
    };
  }
}
