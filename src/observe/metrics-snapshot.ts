/** One metric of a process, as it travels to another. */
export interface MetricSnapshot {
  readonly name: string;
  readonly type: string;
  readonly values: readonly {
    readonly value: number;
    readonly metricName?: string;
    readonly labels: Readonly<Record<string, string | number>>;
  }[];
}

/** All metrics of a process. */
export type MetricsSnapshot = readonly MetricSnapshot[];

/** What only ever grows, added up. The gauges of a process that is gone are gone with it. */
export function countersOf(snapshots: readonly MetricsSnapshot[]): MetricsSnapshot {
  const merged = new Map<string, MetricSnapshot>();
  for (const metric of snapshots.flat()) {
    if (metric.type !== 'counter' && metric.type !== 'histogram') continue;
    const before = merged.get(metric.name);
    merged.set(metric.name, before ? { ...metric, values: added(before.values, metric.values) } : metric);
  }
  return [...merged.values()];
}

type Values = MetricSnapshot['values'];

function added(a: Values, b: Values): Values {
  const sums = new Map<string, Values[number]>();
  for (const value of [...a, ...b]) {
    const key = JSON.stringify([
      value.metricName,
      Object.entries(value.labels).toSorted(([x], [y]) => (x < y ? -1 : 1)),
    ]);
    sums.set(key, { ...value, value: value.value + (sums.get(key)?.value ?? 0) });
  }
  return [...sums.values()];
}
