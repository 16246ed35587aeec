import type { Difference } from '../../kernel/verdict.ts';
import type { VerdictCounts } from '../reports/feature-report.ts';

// The shape of `fig replay --json`. Times are ISO 8601.

export interface ReplayReport {
  /** Where the questions came from. */
  readonly source: 'stored' | 'har';
  readonly at: string;
  /** What the questions that were asked, or the answers that were compared, came to. */
  readonly verdicts: VerdictCounts;
  /** What became of the groups that the stored questions are samples of; empty for a HAR. */
  readonly outcomes: readonly GroupOutcome[];
  /** Where answers differ now: critical ones first, then what differs most often. */
  readonly groups: readonly ReplayGroup[];
  /** Questions that no comparison was made of, most frequent reason first. */
  readonly left: readonly LeftOut[];
  /** Why it ended before every question was asked; undefined: it did not. */
  readonly stopped: string | undefined;
  /** What is to be known to read it. */
  readonly notes: readonly string[];
}

export interface ReplayGroup {
  /** What `fig report` shows for the same route, path and kind. */
  readonly id: string;
  readonly feature: string;
  readonly route: string;
  readonly path: string;
  readonly kind: Difference['kind'];
  readonly critical: boolean;
  /** Questions whose answers differ there. */
  readonly count: number;
  /** At most five, redacted. */
  readonly samples: readonly ReplaySample[];
}

export interface ReplaySample {
  /** Method and target, redacted. */
  readonly question: string;
  readonly at: string;
  readonly legacy: string | undefined;
  readonly candidate: string | undefined;
}

export interface LeftOut {
  /** A label, such as `personal-data`. */
  readonly reason: string;
  readonly count: number;
  /** At most five. */
  readonly questions: readonly string[];
}

/** Of its stored questions, how many show that it is gone, that it remains, or neither. */
export interface GroupOutcome {
  readonly id: string;
  readonly feature: string;
  readonly route: string;
  readonly path: string;
  readonly kind: Difference['kind'];
  readonly critical: boolean;
  /** `gone`: in every question that could tell; at least one could. */
  readonly outcome: 'gone' | 'remains' | 'undetermined';
  readonly gone: number;
  readonly remains: number;
  readonly undetermined: number;
  /** Why some told nothing, most frequent first. */
  readonly reasons: readonly string[];
}
