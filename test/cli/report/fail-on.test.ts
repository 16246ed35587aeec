import { describe, expect, it } from 'vitest';
import type { FeatureReport } from '../../../src/app/reports/feature-report.ts';
import { judgeReports, parseFailOn } from '../../../src/cli/report/fail-on.ts';
import { emptyReport, sampleReport } from '../../support/sample-report.ts';

const none = emptyReport('x').comparisons;

function clean(more: Partial<FeatureReport> = {}): FeatureReport {
  return {
    ...emptyReport('catalogue'),
    comparisons: { ...none, match: 500 },
    observed: { ...none, match: 2_000 },
    matchRate: 1,
    ...more,
  };
}

const judge = (features: readonly FeatureReport[], what: string, isNamed = false): unknown[] =>
  judgeReports(features, parseFailOn(what), isNamed).map(({ exitCode, reason }) => [exitCode, reason]);

describe('what a build fails on', () => {
  it('is nothing unless it is asked for', () => {
    expect(judgeReports([sampleReport()], [], true)).toEqual([]);
  });

  it('is an answer that differs, or that failed', () => {
    expect(judge([clean()], 'mismatch')).toEqual([]);
    expect(judge([clean(), sampleReport()], 'mismatch')).toEqual([[3, 'mismatch: orders: 87 of 3,391 answers differ']]);
    const failed = clean({ comparisons: { ...none, match: 9, error: 1 } });
    expect(judge([failed], 'mismatch')).toEqual([[3, 'mismatch: catalogue: 1 of 10 answers differ or failed']]);
  });

  it('is a critical difference, and then not one that is none', () => {
    expect(judge([sampleReport()], 'critical')).toEqual([[3, 'critical: orders: 3 answers']]);
    expect(judge([{ ...sampleReport(), critical: 0 }], 'critical')).toEqual([]);
  });

  it('is a gate that fails, with 3, and one that is not proven, with 4; the graver comes first', () => {
    const [failed, open] = judgeReports([clean(), sampleReport()], parseFailOn('gate'), false);
    expect(failed).toMatchObject({ exitCode: 3, reason: expect.stringMatching(/^gate: orders: FAIL: 87 of/) });
    expect(open).toMatchObject({ exitCode: 4, reason: expect.stringMatching(/^gate: catalogue: INCONCLUSIVE: 0 of/) });
  });

  it('is more comparisons without a verdict than are accepted, of all and not of the distinct ones', () => {
    const report = clean({ observed: { ...none, match: 97, undetermined: 3, skipped: 1_000 } });
    expect(judge([report], 'undetermined=3%')).toEqual([]);
    expect(judge([report], 'undetermined=2.5')).toEqual([
      [4, 'undetermined: catalogue: 3 of 100 comparisons (3.00 %, accepted 2.50 %)'],
    ]);
  });

  it.each(['mismatch', 'critical', 'undetermined=50%'])('is, for %s, that nothing was compared', (what) => {
    expect(judge([emptyReport('new')], what)).toMatchObject([
      [4, expect.stringContaining('nothing has been compared')],
    ]);
  });

  it('is not a feature whose reads are with legacy, unless it is named or there is no other', () => {
    const untouched = { ...emptyReport('later'), reads: 'legacy' };
    expect(judge([clean(), untouched], 'mismatch')).toEqual([]);
    expect(judge([untouched], 'mismatch')).toEqual([[4, 'all reads are with legacy, so nothing was compared']]);
    expect(judge([untouched], 'mismatch', true)).toEqual([[4, 'mismatch: later: nothing has been compared']]);
  });

  it('may be several things, with commas or again', () => {
    expect(parseFailOn('gate', parseFailOn('mismatch, undetermined=5%'))).toEqual([
      { kind: 'mismatch' },
      { kind: 'undetermined', share: 0.05 },
      { kind: 'gate' },
    ]);
  });

  it.each(['', 'mismatches', 'undetermined', 'undetermined=101%', 'undetermined=-1%', 'undetermined=x', 'gate,'])(
    'is not %j',
    (text) => {
      expect(() => parseFailOn(text)).toThrow('mismatch, critical, gate or undetermined=N%');
    },
  );
});
