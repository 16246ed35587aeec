import type { GateDecision } from '../../cutover/decide-gate.ts';
import type { Difference, Verdict } from '../../kernel/verdict.ts';
import type { Finding } from '../../../shadow/findings/finding.ts';
import type { LookedAt } from './describe-sample.ts';
import type { ReasonCount } from '../../store/evidence-store.ts';
import type { LegacyVaries } from './legacy-varies.ts';
import type { LatencySummary } from '../../store/latency-summary.ts';

// The shape of `fig report --json` for one feature. Times are ISO 8601, shares from 0 to 1.

export type VerdictCounts = Readonly<Record<Verdict, number>>;

export interface FeatureReport {
  readonly feature: string;
  /** The step whose evidence this is: `shadow`, `canary 5%`. */
  readonly reads: string;
  readonly fingerprint: string;
  /** When it was made. */
  readonly at: string;
  /** Of match, mismatch and error distinct comparisons, of the others all; what the gate counts. */
  readonly comparisons: VerdictCounts;
  /** All comparisons, the same question as often as it was asked. */
  readonly observed: VerdictCounts;
  /** Distinct comparisons with a critical difference. */
  readonly critical: number;
  /** Share of match among match + mismatch + error; undefined without any. */
  readonly matchRate: number | undefined;
  readonly bound: MismatchBound;
  /** Routes that are not compared, because their reads write to legacy. Absent in a report from before it was told. */
  readonly quarantined?: readonly QuarantineReport[] | undefined;
  /** Which share of the reads was looked at. Absent in a report from before it was told. */
  readonly looked?: LookedAt | undefined;
  /** Every route of the config, whether somebody asked for it or not. */
  readonly routes: readonly RouteReport[];
  /** What blocks most first: critical ones, then by the share that they spoil. */
  readonly groups: readonly ReportGroup[];
  /** With everything that stands in the way, the gravest first. */
  readonly gate: GateDecision;
  readonly uncovered: readonly { readonly route: string; readonly shape: string; readonly seen: number }[];
  readonly latency: BothLatencies;
  /** Why comparisons proved nothing, most frequent first. */
  readonly reasons: readonly ReasonCount[];
  /** In force for this evidence; a change of them begins new evidence. */
  readonly rules: readonly ReportRule[];
  /** Where legacy's own answers vary, which no candidate can meet. Absent in a report from before it was looked for. */
  readonly legacyVaries?: readonly LegacyVaries[] | undefined;
}

/** A route that is not compared, because its reads were seen to write to legacy. */
export interface QuarantineReport {
  readonly feature: string;
  readonly route: string;
  /** Tables of legacy, with their schema. */
  readonly tables: readonly string[];
  /** ISO 8601. */
  readonly since: string;
}

export interface MismatchBound {
  /** The share of answers that differ is below this, proven with that confidence; 1: nothing is proven. */
  readonly rate: number;
  readonly confidence: number;
  /** What the gate asks it to be below. */
  readonly limit: number;
  /** All of it: `fewer than 3.1 % differ, with 95 % confidence (limit 0.1 %)`. */
  readonly sentence: string;
}

export interface ReportRule {
  /** `ignore`, `keyed`, `unordered`, `tolerance`, `format`, `map`, `owner`, `critical`, `redact`, `cursors`, `cache`, `header`. */
  readonly rule: string;
  /** A path, the name of a header, or a route; `*` for all of them. */
  readonly where: string;
  /** A few words. */
  readonly detail: string;
  /** The route that it was written for; absent: all of the feature. */
  readonly route?: string | undefined;
  /** What it hid in this step; absent: it can hide nothing, or nothing was compared. */
  readonly hidden?: RuleHidden | undefined;
  /** Of a rule that guards something (`owner`, `critical`, `redact`): answers of legacy in which its path names anything. */
  readonly fits?: { readonly answers: number; readonly compared: number } | undefined;
  /** Share of a route's answers in which it may hide a difference; absent: no cap. */
  readonly maxHidden?: number | undefined;
  readonly because?: string | undefined;
  /** As the config says it. */
  readonly expires?: string | undefined;
  readonly isExpired?: boolean | undefined;
  /** Whole days until it expires, where that is soon. */
  readonly daysLeft?: number | undefined;
}

export interface RuleHidden {
  /** Answers in which it hid a difference, the same question as often as it was asked. */
  readonly answers: number;
  /** Compared answers of which it is known what was hidden in them; their share that `answers` is. */
  readonly compared: number;
  readonly share: number;
  /** Compared answers of which it is not known. */
  readonly unknown: number;
  readonly lastSeen: string | undefined;
}

export interface BothLatencies {
  readonly legacy: LatencySummary;
  readonly candidate: LatencySummary;
}

export interface RouteReport {
  readonly route: string;
  readonly comparisons: VerdictCounts;
  /** Requests that could have been compared. */
  readonly asked: number;
  /** Kinds of request (status class and parameters) that were asked for, and those of them that were compared. */
  readonly kinds: number;
  readonly comparedKinds: number;
  readonly legacyP95Ms: number | undefined;
  readonly candidateP95Ms: number | undefined;
}

export interface ReportGroup extends Finding {
  /** What `fig replay --group` takes: the same in every report, whatever the step. */
  readonly id: string;
  readonly route: string;
  readonly path: string;
  readonly kind: Difference['kind'];
  readonly critical: boolean;
  /** Answers that differed there, in all steps. */
  readonly count: number;
  /** Distinct comparisons of this step that it spoils, and their share of all that prove something. */
  readonly spoiled: number;
  readonly share: number;
  /** Whether it was seen in this step; those that were not come last. */
  readonly inStep: boolean;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly samples: readonly ReportSample[];
}

export interface ReportSample {
  /** Method and target, redacted. */
  readonly question: string;
  readonly at: string;
  /** Shortened and redacted; undefined: that side has nothing there. */
  readonly legacy: string | undefined;
  readonly candidate: string | undefined;
  readonly seenAt: string;
}
