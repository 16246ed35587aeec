import type { DescribedCorrelation } from './describe-correlation.ts';
import type { SuspectedCause } from './suspect-cause.ts';

// The shape in `fig report --json` of what was found out about a group.

export interface Finding {
  /** What tells those that differ from those that match; undefined: nothing that could not be chance. */
  readonly correlation?: DescribedCorrelation | undefined;
  /** Undefined: none of those in docs/causes.md explains what was seen. */
  readonly cause?: Omit<SuspectedCause, 'rule'> | undefined;
  /** Undefined: no rule fits, it would hide nothing, or none may: the group is critical. */
  readonly proposal?: ProposedRule | undefined;
  /** Why nothing of the above is known; undefined: it was looked into to the end. */
  readonly unfinished?: LookFailure | undefined;
}

/** It took more time than it may, or ended with an error. */
export type LookFailure = 'too-long' | 'failed';

export interface ProposedRule {
  /** As it would stand below `compare` in the config: `tolerance: { '$.total': 0.005 }`. */
  readonly rule: string;
  /** Of the values looked at, those that it would hide; undefined: that cannot be told from single values. */
  readonly hides: number | undefined;
  readonly of: number;
  /** What it did to stored pairs. Absent in a report from before it was tried. */
  readonly trial?: RuleTrial | undefined;
  /** One sentence. */
  readonly preview: string;
  readonly warning: string;
}

/** What a rule did to stored pairs, compared by the engine that compares answers. */
export interface RuleTrial {
  /** Pairs of the group that differ there without the rule. */
  readonly pairs: number;
  /** Of these, those that do not with it, and those of which it cannot be known from what is stored. */
  readonly hidden: number;
  readonly unknown: number;
  /** Other places that it hides, in which routes and in how many pairs; most first. */
  readonly also: readonly { readonly route: string; readonly path: string; readonly pairs: number }[];
}
