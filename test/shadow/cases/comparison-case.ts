import type { NormalizedCompareRules } from '../../../src/config/compare-rules.ts';

/** Kind and exact place of a difference, e.g. `value $.total`; with what each side is shown to have where that says more. */
export type ExpectedDifference =
  | string
  | readonly [what: string, legacy: string | undefined, candidate: string | undefined];

/** Two JSON bodies and what comparing them must come to. Written by hand, never taken from what comes out. */
export interface ComparisonCase {
  /** A sentence. */
  readonly name: string;
  readonly legacy: string;
  readonly candidate: string;
  readonly rules?: Partial<NormalizedCompareRules> | undefined;
  /** In the order they are listed in. Empty: equal. A word: undetermined, for that reason. */
  readonly expected: readonly ExpectedDifference[] | 'too-deep' | 'too-complex';
}
