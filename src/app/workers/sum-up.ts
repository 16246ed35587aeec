import type { BreakerState } from '../../../proxy/breaker.ts';
import type { FeatureSample, SampleStats } from '../../../shadow/sampled-sink.ts';
import type { ShadowStats } from '../../../shadow/shadow-feed.ts';
import { countersOf, type MetricsSnapshot } from '../../observe/metrics-snapshot.ts';
import { createTrafficObserver } from '../../observe/traffic.ts';
import type { ProxyView } from '../serving/proxy-side.ts';
import type { WorkerReport } from './protocol.ts';

/** One view of all workers, those that are gone included. */
export function sumUp(reports: readonly WorkerReport[], departed: Departed, workers: readonly number[]): ProxyView {
  const traffic = createTrafficObserver();
  for (const report of [...reports, ...departed.reports]) traffic.absorb(report.traffic);
  const totalOf = (figure: (report: WorkerReport) => number): number =>
    reports.reduce((sum, report) => sum + figure(report), 0);
  return {
    traffic: { ...traffic.status(), inFlight: totalOf(({ inFlight }) => inFlight) },
    load: {
      connections: totalOf(({ load }) => load.connections),
      streams: totalOf(({ load }) => load.streams),
      upstreamBusy: totalOf(({ load }) => load.upstreamBusy),
      upstreamWaiting: totalOf(({ load }) => load.upstreamWaiting),
      refused: addUp([...reports, ...departed.reports].map(({ load }) => load.refused)),
      workers,
    },
    shadow: sumShadows(
      reports.flatMap(({ shadow }) => shadow ?? []),
      departed.reports.flatMap(({ shadow }) => shadow ?? []),
    ),
    breakers: worstOf(reports.map(({ breakers }) => breakers ?? {})),
  };
}

/** What workers that are gone had counted, so that no total ever goes back. */
export class Departed {
  #sum: WorkerReport | undefined;
  #metrics: readonly MetricsSnapshot[] = [];

  get reports(): readonly WorkerReport[] {
    return this.#sum ? [this.#sum] : [];
  }

  metrics(): readonly MetricsSnapshot[] {
    return this.#metrics;
  }

  add(report: WorkerReport): void {
    const traffic = createTrafficObserver();
    for (const one of [...this.reports, report]) traffic.absorb(one.traffic);
    const refused = addUp([...this.reports, report].map(({ load }) => load.refused));
    const shadow = sumShadows(
      [],
      [...this.reports, report].flatMap((one) => one.shadow ?? []),
    );
    this.#sum = { ...report, traffic: traffic.dump(), load: { ...report.load, refused }, shadow };
    this.#metrics = [countersOf([...this.#metrics, report.metrics])];
  }
}

/** What those that are gone have counted stays, what they held does not. */
export function sumShadows(alive: readonly ShadowStats[], gone: readonly ShadowStats[]): ShadowStats | undefined {
  const all = [...alive, ...gone];
  if (all.length === 0) return undefined;
  return {
    perSecond: total(alive, ({ perSecond }) => perSecond),
    queued: total(alive, ({ queued }) => queued),
    queuedBytes: total(alive, ({ queuedBytes }) => queuedBytes),
    compared: total(all, ({ compared }) => compared),
    dropped: addUp(all.map(({ dropped }) => dropped)),
    workerRestarts: total(all, ({ workerRestarts }) => workerRestarts),
    sample: sumSamples(all.flatMap(({ sample }) => sample ?? [])),
  };
}

function sumSamples(all: readonly SampleStats[]): SampleStats {
  const features: Record<string, FeatureSample> = {};
  for (const [feature, { asked, chosen }] of all.flatMap((one) => Object.entries(one.features))) {
    const before = features[feature] ?? { asked: 0, chosen: 0 };
    features[feature] = { asked: before.asked + asked, chosen: before.chosen + chosen };
  }
  return { features, unnamed: all.reduce((sum, { unnamed }) => sum + unnamed, 0) };
}

function total(of: readonly ShadowStats[], figure: (stats: ShadowStats) => number): number {
  return of.reduce((sum, stats) => sum + figure(stats), 0);
}

const badness: Readonly<Record<BreakerState, number>> = { closed: 0, 'half-open': 1, open: 2 };

/** Of each feature the state of whoever is worst off. */
export function worstOf(
  all: readonly Readonly<Record<string, BreakerState>>[],
): Record<string, BreakerState> | undefined {
  const worst: Record<string, BreakerState> = {};
  for (const [feature, state] of all.flatMap((states) => Object.entries(states))) {
    if (badness[state] >= badness[worst[feature] ?? 'closed']) worst[feature] = state;
  }
  return Object.keys(worst).length === 0 ? undefined : worst;
}

export function addUp<Name extends string>(all: readonly Readonly<Record<Name, number>>[]): Record<Name, number> {
  const sum: Partial<Record<Name, number>> = {};
  for (const one of all) {
    for (const name in one) sum[name] = (sum[name] ?? 0) + one[name];
  }
  // All count under the same names, and there is at least one.
  return sum as Record<Name, number>;
}
