import { InvalidArgumentError } from '@commander-js/extra-typings';
import type { FeatureRules, RulesReport } from '../../app/replay/check-rules.ts';
import type { GroupOutcome, ReplayReport } from '../../app/replay/replay-report.ts';
import { conclusive } from '../conclusive.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatPlural, formatShare } from '../format.ts';
import { parseFailOn, type FailOn, type Failure } from '../report/fail-on.ts';

/** As `fig report` reads it, without `gate`: a replay moves no gate. Throws commander's error for arguments. */
export function parseReplayFailOn(text: string, before: readonly FailOn[] = []): readonly FailOn[] {
  const conditions = parseFailOn(text, before);
  if (!conditions.some(({ kind }) => kind === 'gate')) return conditions;
  throw new InvalidArgumentError('it is mismatch, critical or undetermined=N% (0 to 100).');
}

/** What fails, the gravest first; that nothing was compared, or not all, is never a success. No I/O. */
export function judgeReplay(report: ReplayReport, conditions: readonly FailOn[]): readonly Failure[] {
  const { verdicts, groups, left, stopped, source } = report;
  const { skipped: _, ...compared } = verdicts;
  const asked = Object.values(compared).reduce((sum, count) => sum + count, 0);
  // What a HAR holds besides questions to this application was never meant to be compared.
  const open = source === 'har' ? compared.undetermined : left.reduce((sum, { count }) => sum + count, 0);
  return judge(conditions, {
    wrong: formatOf(verdicts.mismatch + verdicts.error, 'answer'),
    critical: formatOf(groups.filter(({ critical }) => critical).length, 'group'),
    open,
    total: source === 'har' ? asked : conclusiveOrOld(verdicts) + open,
    isProof: conclusiveOrOld(verdicts) > 0 && stopped === undefined,
    unproven: stopped ?? 'nothing has been compared',
  });
}

/** Verdicts that say whether both sides agree, and be it on data that moved. */
function conclusiveOrOld(verdicts: ReplayReport['verdicts']): number {
  return conclusive(verdicts) + verdicts.stale + verdicts.raced;
}

/** The same for stored pairs under rules. No I/O. */
export function judgeRules({ features }: RulesReport, conditions: readonly FailOn[]): readonly Failure[] {
  const groups = features.flatMap((feature: FeatureRules) => feature.groups);
  const remaining = groups.filter(({ outcome }) => outcome === 'remains');
  const open = groups.filter(({ outcome }) => outcome === 'undetermined').length;
  return judge(conditions, {
    wrong: formatOf(remaining.length, 'group'),
    critical: formatOf(remaining.filter(({ critical }: GroupOutcome) => critical).length, 'group'),
    open,
    total: groups.length,
    isProof: groups.length > open,
    unproven: 'no stored pair tells anything',
  });
}

interface Found {
  /** Undefined: none. */
  readonly wrong: string | undefined;
  readonly critical: string | undefined;
  readonly open: number;
  readonly total: number;
  readonly isProof: boolean;
  readonly unproven: string;
}

function judge(conditions: readonly FailOn[], found: Found): readonly Failure[] {
  const { gateFailed, gateInconclusive } = exitCodes;
  const failures = conditions.flatMap((condition): Failure[] => {
    const fail = (exitCode: number, why: string): Failure[] => [{ exitCode, reason: `${condition.kind}: ${why}` }];
    if (condition.kind === 'mismatch' && found.wrong !== undefined) return fail(gateFailed, `${found.wrong} differ`);
    if (condition.kind === 'critical' && found.critical !== undefined) return fail(gateFailed, found.critical);
    if (!found.isProof) return fail(gateInconclusive, found.unproven);
    if (condition.kind !== 'undetermined') return [];
    const share = found.total === 0 ? 1 : found.open / found.total;
    if (share <= condition.share) return [];
    return fail(gateInconclusive, `${formatShare(share)} came to no verdict, accepted ${formatShare(condition.share)}`);
  });
  return failures.toSorted((a, b) => a.exitCode - b.exitCode);
}

function formatOf(count: number, one: string): string | undefined {
  return count === 0 ? undefined : formatPlural(count, one);
}
