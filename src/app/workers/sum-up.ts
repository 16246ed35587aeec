import type { ShadowStats } from '../../../shadow/shadow-feed.ts';
import { countersOf, type MetricsSnapshot } from '../../observe/metrics-snapshot.ts';
import { createTrafficObserver } from '../../observe/traffic.ts';
import type { ProxyView } from '../proxy-side.ts';
import type { WorkerReport } from './protocol.ts';

/** One view of all workers, those that are gone included. */
export function sumUp(reports: readonly WorkerReport[], departed: Departed, workers: readonly number[]): ProxyView {
  const traffic = createTrafficObserver();
  for (const report of [...reports, ...departed.reports]) traffic.absorb(report.traffic);
  const total = (figure: (report: WorkerReport) => number): number =>
    reports.reduce((sum, report) => sum + figure(report), 0);
  return {
    traffic: { ...traffic.status(), inFlight: total(({ inFlight }) => inFlight) },
    load: {
      connections: total(({ load }) => load.connections),
      streams: total(({ load }) => load.streams),
      upstreamBusy: total(({ load }) => load.upstreamBusy),
      upstreamWaiting: total(({ load }) => load.upstreamWaiting),
      refused: addUp([...reports, ...departed.reports].map(({ load }) => load.refused)),
      workers,
    },
    shadow: sumShadows(reports.flatMap(({ shadow }) => shadow ?? [])),
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
    this.#sum = { ...report, traffic: traffic.dump(), load: { ...report.load, refused } };
    this.#metrics = [countersOf([...this.#metrics, report.metrics])];
  }
}

function sumShadows(all: readonly ShadowStats[]): ShadowStats | undefined {
  if (all.length === 0) return undefined;
  const total = (figure: (stats: ShadowStats) => number): number => all.reduce((sum, stats) => sum + figure(stats), 0);
  return {
    perSecond: total(({ perSecond }) => perSecond),
    queued: total(({ queued }) => queued),
    queuedBytes: total(({ queuedBytes }) => queuedBytes),
    compared: total(({ compared }) => compared),
    dropped: addUp(all.map(({ dropped }) => dropped)),
    workerRestarts: total(({ workerRestarts }) => workerRestarts),
  };
}

function addUp<Name extends string>(all: readonly Readonly<Record<Name, number>>[]): Record<Name, number> {
  const sum: Partial<Record<Name, number>> = {};
  for (const one of all) {
    for (const name in one) sum[name] = (sum[name] ?? 0) + one[name];
  }
  // Every worker counts under the same names, and there is at least one.
  return sum as Record<Name, number>;
}
