import type { Verdict } from './verdict.ts';

/**
 * What the comparisons of one feature have shown since its current step began, for the code that runs now. Counts of
 * `match` and of `mismatch` + `error` are distinct: one per (route, question, digest of legacy's answer, outcome).
 */
export interface EvidenceSummary {
  readonly feature: string;
  readonly fingerprint: string;
  readonly step: string;
  /** Distinct comparisons by verdict; stale, raced, undetermined and skipped are plain counts. */
  readonly verdicts: Readonly<Record<Verdict, number>>;
  /** Distinct comparisons with a critical difference. */
  readonly critical: number;
  /** Of the distinct matches those in which legacy refused (400 and above, or sent to sign in): both did. Default: none. */
  readonly refusals?: number;
  /** Status class and parameter shape combinations that users asked for and that have no comparison yet. */
  readonly uncovered: readonly { readonly route: string; readonly shape: string; readonly seen: number }[];
  /** Of those that have one, the kinds of request of which not a single comparison agreed. Default: none. */
  readonly neverAgreed?: readonly { readonly route: string; readonly shape: string; readonly compared: number }[];
  /** Distinct comparisons by route; an error counts among `mismatches`. Absent where they are not counted by route. */
  readonly routes?: readonly { readonly route: string; readonly matches: number; readonly mismatches: number }[];
  /** 95th percentiles in milliseconds; undefined with fewer than 20 observations. */
  readonly legacyP95Ms: number | undefined;
  readonly candidateP95Ms: number | undefined;
}

/** The part of a read state that evidence is kept apart by: `shadow`, `canary 5%`, `live`. */
export type EvidenceStep = string;
