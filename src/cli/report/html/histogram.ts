import type { LatencyBucket, LatencySummary } from '../../../store/latency-summary.ts';
import { formatMs } from '../../format.ts';
import { html, type Markup } from './markup.ts';

const WIDTH = 480;
const HALF = 84;
const MARGIN = 8;
const TOP = 16;
const AXIS = 22;
const LABEL_ROOM = 30;

/** Legacy above, candidate below a common axis in logarithms; heights are shares of each side's own answers. */
export function histogram(legacy: LatencySummary, candidate: LatencySummary): Markup {
  const all = [...legacy.buckets, ...candidate.buckets];
  // An axis of zero length shows nothing, and the first bucket begins at 0, which has no logarithm.
  const from = Math.max(0.05, Math.min(...all.map(({ fromMs }) => fromMs)) / 1.2);
  const to = Math.max(from * 4, Math.max(...all.map(({ toMs }) => toMs)) * 1.2);
  const x = (ms: number): number =>
    MARGIN + (Math.log(Math.max(from, ms) / from) / Math.log(to / from)) * (WIDTH - 2 * MARGIN);
  const shares = [legacy, candidate].flatMap(({ buckets, count }) => buckets.map((bucket) => bucket.count / count));
  const height = (share: number): number => (share / Math.max(...shares)) * HALF;
  const middle = TOP + HALF;

  const bars = ({ buckets, count }: LatencySummary, isAbove: boolean): Markup[] =>
    buckets.map((bucket) => {
      const tall = height(bucket.count / count);
      const left = x(bucket.fromMs);
      const width = Math.max(1, x(bucket.toMs) - left - 0.5);
      const y = isAbove ? middle - tall : middle + AXIS;
      return html`<rect
        x="${left.toFixed(1)}"
        y="${y.toFixed(1)}"
        width="${width.toFixed(1)}"
        height="${tall.toFixed(1)}"
        ><title>${bucketTitle(bucket)}</title></rect
      >`;
    });
  const label = `Latency: legacy p50 ${formatMs(legacy.p50Ms)}, p95 ${formatMs(legacy.p95Ms)}; candidate p50 ${formatMs(candidate.p50Ms)}, p95 ${formatMs(candidate.p95Ms)}`;
  return html`<svg class="histogram" viewBox="0 0 ${WIDTH} ${2 * (TOP + HALF) + AXIS}" role="img" aria-label="${label}">
    <g class="legacy">${bars(legacy, true)}${percentileLines(legacy, x, { from: TOP, to: middle, text: TOP - 4 })}</g>
    <g class="candidate">
      ${bars(candidate, false)}${percentileLines(candidate, x, { from: middle + AXIS, to: middle + AXIS + HALF, text: middle + AXIS + HALF + 13 })}
    </g>
    <g class="axis">
      <line x1="${MARGIN}" x2="${WIDTH - MARGIN}" y1="${middle}" y2="${middle}" />
      <line x1="${MARGIN}" x2="${WIDTH - MARGIN}" y1="${middle + AXIS}" y2="${middle + AXIS}" />
      ${ticksOf(from, to).map((ms) => html`<text x="${x(ms).toFixed(1)}" y="${middle + 15}" text-anchor="middle">${formatMs(ms)}</text>`)}
    </g>
  </svg>`;
}

function bucketTitle({ fromMs, toMs, count }: LatencyBucket): string {
  return `${formatMs(fromMs)} to ${formatMs(toMs)}: ${count}`;
}

interface LinePlace {
  readonly from: number;
  readonly to: number;
  readonly text: number;
}

/** A label that would cover the one before is left out; the table beside has all figures. */
function percentileLines(
  { p50Ms, p95Ms, p99Ms }: LatencySummary,
  x: (ms: number) => number,
  place: LinePlace,
): Markup[] {
  let free = Number.NEGATIVE_INFINITY;
  const lines: Markup[] = [];
  for (const [name, ms] of [
    ['p50', p50Ms],
    ['p95', p95Ms],
    ['p99', p99Ms],
  ] as const) {
    if (ms === undefined) continue;
    const at = x(ms);
    const text = html`<text x="${at.toFixed(1)}" y="${place.text}" text-anchor="middle">${name}</text>`;
    lines.push(
      html`<line
          x1="${at.toFixed(1)}"
          x2="${at.toFixed(1)}"
          y1="${place.from}"
          y2="${place.to}"
        />${at >= free && text}`,
    );
    if (at >= free) free = at + LABEL_ROOM;
  }
  return lines;
}

/** 1, 10, 100 ms; where that would be fewer than three, 2 and 5 too. Away from the edges, so that no label is cut. */
export function ticksOf(from: number, to: number): readonly number[] {
  const inside = (ms: number): boolean => ms >= from * (to / from) ** 0.05 && ms <= to / (to / from) ** 0.05;
  const decades = Array.from({ length: 10 }, (_, i) => 10 ** (i - 2));
  const few = decades.filter(inside);
  return few.length >= 3 ? few : decades.flatMap((decade) => [decade, 2 * decade, 5 * decade]).filter(inside);
}
