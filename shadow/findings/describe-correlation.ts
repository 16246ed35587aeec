import { describeCondition } from './condition.ts';
import type { Correlation } from './correlate.ts';

/** What those that differ have in common. */
export interface DescribedCorrelation {
  /** `$.rows[*].currency = JPY`; of two, both must hold. */
  readonly conditions: readonly string[];
  /** Others that hold for the very same ones: which of them it is cannot be told. */
  readonly others: readonly string[];
  /** What was looked at, and how much of it the conditions hold for: answers, or elements of an array. */
  readonly unit: 'answer' | 'element';
  readonly mismatches: { readonly held: number; readonly of: number };
  readonly matches: { readonly held: number; readonly of: number };
  /** All of it: `$.currency = JPY: all 100 answers that differ, 0 of 300 that match`. */
  readonly sentence: string;
}

export function describeCorrelation(correlation: Correlation, unit: 'answer' | 'element'): DescribedCorrelation {
  const conditions = correlation.conditions.map(describeCondition);
  const others = correlation.others.map(describeCondition);
  const mismatches = { held: correlation.mismatchesHeld, of: correlation.mismatches };
  const matches = { held: correlation.matchesHeld, of: correlation.matches };
  const all = mismatches.held === mismatches.of ? `all ${mismatches.of}` : `${mismatches.held} of ${mismatches.of}`;
  const equally = others.length === 0 ? '' : ` (${others.join(', or ')} would tell them apart as well)`;
  const counts = `${all} ${unit}s that differ, ${matches.held} of ${matches.of} that match`;
  return {
    conditions,
    others,
    unit,
    mismatches,
    matches,
    sentence: `${conditions.join(' and ')}: ${counts}${equally}`,
  };
}
