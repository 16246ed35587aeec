// Whether memory is flat. Nothing here measures it.

/** The start of a run is no measure: code is compiled, pools fill. As a share of the run. */
const WARM_UP_SHARE = 0.25;
/** Shorter runs say nothing about growth. */
const JUDGED_MINUTES = 4;
/** Bytes by which the last third may lie above the first third after the warm-up. */
const ALLOWED = { heapUsed: 8e6, rss: 48e6 };

/** @typedef {{ minutes: number, heapUsed: number, rss: number }} Sample */

/**
 * Compares the medians of the first and the last third behind the warm-up, and fits a line through all of it.
 * @param {readonly Sample[]} samples
 */
export function growthOf(samples) {
  const end = samples.at(-1)?.minutes ?? 0;
  const steady = samples.filter(({ minutes }) => minutes >= end * WARM_UP_SHARE);
  const third = Math.max(1, Math.floor(steady.length / 3));
  return Object.entries(ALLOWED).map(([what, allowed]) => {
    const values = steady.map((sample) => sample[what]);
    const grown = median(values.slice(-third)) - median(values.slice(0, third));
    const perMinute = slopeOf(
      steady.map(({ minutes }) => minutes),
      values,
    );
    return { what, grown, perMinute, isFlat: grown <= allowed, isJudged: end >= JUDGED_MINUTES };
  });
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** Least squares. @param {readonly number[]} xs @param {readonly number[]} ys */
function slopeOf(xs, ys) {
  const meanX = xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const meanY = ys.reduce((sum, y) => sum + y, 0) / ys.length;
  const covariance = xs.reduce((sum, x, n) => sum + (x - meanX) * (ys[n] - meanY), 0);
  const variance = xs.reduce((sum, x) => sum + (x - meanX) ** 2, 0);
  return variance === 0 ? 0 : covariance / variance;
}
