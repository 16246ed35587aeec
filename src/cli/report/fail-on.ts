import { InvalidArgumentError } from '@commander-js/extra-typings';
import type { FeatureReport } from '../../app/reports/feature-report.ts';
import { exitCodes } from '../exit-codes.ts';
import { conclusive } from '../conclusive.ts';
import { formatCount, formatPlural, formatShare } from '../format.ts';
import { describeMismatches } from './sentences.ts';

/** What a build is to fail on. */
export type FailOn =
  | { readonly kind: 'mismatch' | 'critical' | 'gate' }
  /** The share of comparisons that came to no verdict, 0 to 1, that is still accepted. */
  | { readonly kind: 'undetermined'; readonly share: number };

export interface Failure {
  readonly exitCode: number;
  /** `mismatch: orders: 87 of 3,391 answers differ` */
  readonly reason: string;
}

/** `mismatch`, `critical,gate`, `undetermined=5%`; collects over several options. Throws commander's error for arguments. */
export function parseFailOn(text: string, before: readonly FailOn[] = []): readonly FailOn[] {
  return [...before, ...text.split(',').map((each) => parseOne(each.trim()))];
}

function parseOne(text: string): FailOn {
  if (text === 'mismatch' || text === 'critical' || text === 'gate') return { kind: text };
  const share = /^undetermined=(?<percent>\d+(?:\.\d+)?)%?$/.exec(text)?.groups?.['percent'];
  if (share !== undefined && Number(share) <= 100) return { kind: 'undetermined', share: Number(share) / 100 };
  throw new InvalidArgumentError('it is mismatch, critical, gate or undetermined=N% (0 to 100).');
}

/**
 * What fails, the gravest first: what is proven wrong (exit code 3) before what is not proven (4). A feature that was not
 * named and whose reads are all with legacy is not asked, because nothing is compared there; that nothing was compared
 * anywhere is never a success. No I/O.
 */
export function judgeReports(
  features: readonly FeatureReport[],
  conditions: readonly FailOn[],
  isNamed: boolean,
): readonly Failure[] {
  if (conditions.length === 0) return [];
  const asked = isNamed ? features : features.filter(({ reads }) => reads !== 'legacy');
  if (asked.length === 0) {
    return [{ exitCode: exitCodes.gateInconclusive, reason: 'all reads are with legacy, so nothing was compared' }];
  }
  return conditions
    .flatMap((condition) => asked.flatMap((feature) => judge(feature, condition) ?? []))
    .toSorted((a, b) => a.exitCode - b.exitCode);
}

function judge(report: FeatureReport, condition: FailOn): Failure | undefined {
  const fail = (exitCode: number, why: string): Failure => ({
    exitCode,
    reason: `${condition.kind}: ${report.feature}: ${why}`,
  });
  const { gateFailed, gateInconclusive } = exitCodes;
  const { comparisons, critical, gate, observed } = report;
  if (condition.kind === 'gate') {
    if (gate.result === 'PASS') return undefined;
    return fail(gate.result === 'FAIL' ? gateFailed : gateInconclusive, `${gate.result}: ${gate.reason}`);
  }
  if (condition.kind === 'undetermined') {
    const { skipped: _, ...compared } = observed;
    const total = Object.values(compared).reduce((sum, count) => sum + count, 0);
    if (total === 0) return fail(gateInconclusive, 'nothing has been compared');
    const share = compared.undetermined / total;
    if (share <= condition.share) return undefined;
    const found = `${formatCount(compared.undetermined)} of ${formatPlural(total, 'comparison')}`;
    return fail(gateInconclusive, `${found} (${formatShare(share)}, accepted ${formatShare(condition.share)})`);
  }
  if (condition.kind === 'critical' && critical > 0) return fail(gateFailed, formatPlural(critical, 'answer'));
  if (condition.kind === 'mismatch' && comparisons.mismatch + comparisons.error > 0) {
    return fail(gateFailed, describeMismatches(report));
  }
  return conclusive(comparisons) === 0 ? fail(gateInconclusive, 'nothing has been compared') : undefined;
}
