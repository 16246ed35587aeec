import { createHistogram } from 'node:perf_hooks';

/** Latencies in microseconds, as an HDR histogram with three significant digits. */
export function latencyHistogram() {
  const histogram = createHistogram({ lowest: 1, highest: 600_000_000, figures: 3 });
  return {
    /** @param {number} milliseconds */
    record: (milliseconds) => histogram.record(Math.max(1, Math.round(milliseconds * 1_000))),
    get count() {
      return histogram.count;
    },
    /** Milliseconds. @param {number} percent 0 to 100 */
    percentile: (percent) => (histogram.count === 0 ? 0 : histogram.percentile(percent) / 1_000),
    get max() {
      return histogram.count === 0 ? 0 : histogram.max / 1_000;
    },
  };
}
