import type { FeatureReport, ReportGroup, RouteReport } from '../../app/reports/feature-report.ts';
import { conclusive } from '../conclusive.ts';
import { formatCount, formatPlural, formatShare } from '../format.ts';

// What all forms of the report say in the same words.

const percent = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3, useGrouping: false });

/** `87 of 3,391 answers differ` */
export function describeMismatches({ comparisons }: FeatureReport): string {
  const { mismatch, error } = comparisons;
  const total = conclusive(comparisons);
  if (total === 0) return 'nothing has been compared';
  if (mismatch + error === 0) return `all ${formatPlural(total, 'comparison')} agree`;
  return `${formatCount(mismatch + error)} of ${formatCount(total)} answers ${error > 0 ? 'differ or failed' : 'differ'}`;
}

/** `spoils 1.65 % of the evidence (56 comparisons)` */
export function describeWhatItBlocks({ inStep, spoiled, share }: ReportGroup): string {
  if (!inStep) return 'not seen in this step';
  if (spoiled === 0) return 'spoils no evidence of its own';
  return `spoils ${formatShare(share)} of the evidence (${formatPlural(spoiled, 'comparison')})`;
}

/** `3 of 4 kinds of request compared` */
export function describeCoverage({ kinds, comparedKinds }: RouteReport): string {
  if (kinds === 0) return 'not asked for';
  return `${formatCount(comparedKinds)} of ${formatPlural(kinds, 'kind')} of request compared`;
}

/** `13.8 times faster`; undefined where one of them is not known. */
export function describeRatio(legacyMs: number | undefined, candidateMs: number | undefined): string | undefined {
  if (!legacyMs || !candidateMs) return undefined;
  const times = legacyMs / candidateMs;
  if (times >= 1.15) return `${percent.format(times)} times faster`;
  return times <= 0.87 ? `${percent.format(1 / times)} times slower` : 'about equal';
}
