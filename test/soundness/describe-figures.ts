import type { FeatureReport } from '../../src/app/reports/feature-report.ts';
import type { ShadowStatus } from '../../src/app/control.ts';
import type { InjectedLag } from './injected-lag.ts';

export interface Figures {
  readonly tookMs: number;
  readonly reads: number;
  readonly writes: number;
  /** How often every order was asked for. */
  readonly passes: number;
  readonly lag: InjectedLag;
  readonly shadow: ShadowStatus | undefined;
  readonly report: FeatureReport;
}

/** What a run came to, in lines. */
export function describeFigures({ tookMs, reads, writes, passes, lag, shadow, report }: Figures): string {
  const seconds = tookMs / 1_000;
  const sorted = lag.lagsMs.toSorted((a, b) => a - b);
  const percentile = (share: number): string =>
    `${Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0)} ms`;
  const dropped = Object.entries(shadow?.dropped ?? {}).filter(([, count]) => count > 0);
  const counts = Object.entries(report.observed).filter(([, count]) => count > 0);
  return [
    `${seconds.toFixed(0)} s, ${(writes / seconds).toFixed(0)} writes/s, ${(reads / seconds).toFixed(0)} reads/s, every order asked for ${passes} times`,
    `lag of the read model: p50 ${percentile(0.5)}, p90 ${percentile(0.9)}, max ${percentile(1)}, held ${lag.holds} times`,
    `verdicts: ${counts.map(([verdict, count]) => `${verdict} ${count}`).join(', ')}`,
    `reasons: ${report.reasons.map(({ verdict, reason, route, count }) => `${verdict} ${reason} ${count} (${route})`).join(', ') || 'none'}`,
    `not compared: ${dropped.map(([reason, count]) => `${reason} ${count}`).join(', ') || 'none'}; compared ${shadow?.compared}, at most ${shadow?.perSecond.toFixed(0)}/s`,
    `groups: ${report.groups.map(({ route, path, kind, count, samples }) => `${route} ${path} ${kind} x${count} ${JSON.stringify(samples[0])}`).join('; ') || 'none'}`,
  ].join('\n');
}
