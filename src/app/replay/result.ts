import type { Difference, Verdict } from '../../kernel/verdict.ts';

/** What one question came to. */
export interface ReplayResult {
  readonly feature: string;
  readonly route: string;
  /** Method and target, redacted. */
  readonly question: string;
  readonly verdict: Verdict;
  /** A label, or empty. */
  readonly reason: string;
  /** Redacted. */
  readonly differences: readonly Difference[];
  /** Of the answer of legacy that the verdict rests on. */
  readonly legacyStatus: number | undefined;
  /** Milliseconds. */
  readonly legacyMs: number | undefined;
}

/** A question that was not asked, or an entry that holds none. */
export interface NotAsked {
  readonly question: string;
  /** A label. */
  readonly reason: string;
}
