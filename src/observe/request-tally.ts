import type { Metric, Registry } from 'prom-client';
import type { Side } from '../kernel/exchange.ts';
import { statusClass } from './traffic.ts';

/** Seconds. */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;
const sides = ['legacy', 'candidate'] as const satisfies readonly Side[];

interface Durations {
  /** How many took at most the bound of the same index, and more than the one before; those beyond all come last. */
  readonly counts: Float64Array;
  seconds: number;
}

interface ServedLabels {
  readonly served_by: Side;
  readonly status_class: string;
  readonly reason: string;
}

/**
 * Counts requests in plain numbers: a label look-up in the metrics library for each request costs more than forwarding it.
 * The library sees the figures when somebody asks for them.
 */
export class RequestTally {
  readonly #served: Record<Side, Map<string, Map<number, number>>> = { legacy: new Map(), candidate: new Map() };
  readonly #durations: Record<Side, Durations> = { legacy: noDurations(), candidate: noDurations() };
  readonly #reasonLabel: (reason: string) => string;

  /** `reasonLabel` bounds the values of the label. */
  constructor(reasonLabel: (reason: string) => string) {
    this.#reasonLabel = reasonLabel;
  }

  count(servedBy: Side, status: number | undefined, reason: string, tookMs: number): void {
    const byReason = this.#served[servedBy];
    let byStatus = byReason.get(reason);
    if (byStatus === undefined) {
      byStatus = byReason.get(this.#reasonLabel(reason)) ?? new Map<number, number>();
      byReason.set(this.#reasonLabel(reason), byStatus);
    }
    const known = status ?? 0;
    byStatus.set(known, (byStatus.get(known) ?? 0) + 1);

    const durations = this.#durations[servedBy];
    const seconds = tookMs / 1_000;
    let bucket = 0;
    while (bucket < bounds.length && seconds > bounds[bucket]!) bucket += 1;
    durations.counts[bucket]! += 1;
    durations.seconds += seconds;
  }

  /** Gives what was counted since the last time, and forgets it. */
  drain(give: (labels: ServedLabels, count: number) => void): void {
    for (const served_by of sides) {
      for (const [reason, byStatus] of this.#served[served_by]) {
        for (const [status, count] of byStatus) give({ served_by, status_class: statusClass(status), reason }, count);
        byStatus.clear();
      }
    }
  }

  /** Adds a histogram that reads these figures when it is asked. */
  registerDurations(registry: Registry, name: string, help: string): void {
    const get = async () => ({ name, help, type: 'histogram', aggregator: 'sum', values: this.#values(name) });
    // The library asks nothing else of a metric, but its type wants one of its own four classes.
    registry.registerMetric({ name, help, get, reset: () => undefined } as unknown as Metric);
  }

  #values(name: string) {
    return sides.flatMap((served_by) => {
      const { counts, seconds } = this.#durations[served_by];
      let total = 0;
      const buckets = [...bounds, '+Inf' as const].map((le, index) => {
        total += counts[index]!;
        return { metricName: `${name}_bucket`, labels: { le, served_by }, value: total };
      });
      if (total === 0) return [];
      const sum = { metricName: `${name}_sum`, labels: { served_by }, value: seconds };
      return [...buckets, sum, { metricName: `${name}_count`, labels: { served_by }, value: total }];
    });
  }
}

function noDurations(): Durations {
  return { counts: new Float64Array(bounds.length + 1), seconds: 0 };
}
