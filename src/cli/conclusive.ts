import type { VerdictCounts } from '../app/reports/feature-report.ts';

/** Comparisons that prove something, one way or the other: match, mismatch and error. */
export function conclusive({ match, mismatch, error }: VerdictCounts): number {
  return match + mismatch + error;
}
