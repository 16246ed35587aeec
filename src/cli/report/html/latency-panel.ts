import type { BothLatencies } from '../../../app/reports/feature-report.ts';
import type { LatencySummary } from '../../../store/latency-summary.ts';
import { formatCount, formatMs } from '../../format.ts';
import { describeRatio } from '../sentences.ts';
import { histogram } from './histogram.ts';
import { html, type Markup } from './markup.ts';

/** How long both sides take: histograms back to back, percentiles and their ratio. */
export function latencyPanel({ legacy, candidate }: BothLatencies): Markup | undefined {
  if (legacy.count + candidate.count === 0) return undefined;
  const percentiles: readonly [string, (side: LatencySummary) => number | undefined][] = [
    ['p50', ({ p50Ms }) => p50Ms],
    ['p95', ({ p95Ms }) => p95Ms],
    ['p99', ({ p99Ms }) => p99Ms],
  ];
  return html`<div class="part">
    <h3>Latency</h3>
    <div class="columns latency">
      <figure>${histogram(legacy, candidate)}</figure>
      <div class="scroll">
        <table class="figures">
          <thead>
            <tr>
              <td></td>
              <th scope="col" class="number"><i class="key legacy" aria-hidden="true"></i>Legacy</th>
              <th scope="col" class="number"><i class="key candidate" aria-hidden="true"></i>Candidate</th>
              <th scope="col">The candidate is</th>
            </tr>
          </thead>
          <tbody>
            ${percentiles.map(([name, of]) => {
              const [a, b] = [of(legacy), of(candidate)];
              return html`<tr>
                <th scope="row">${name}</th>
                <td class="number">${formatMs(a)}</td>
                <td class="number">${formatMs(b)}</td>
                <td>${describeRatio(a, b) ?? '–'}</td>
              </tr>`;
            })}
            <tr>
              <th scope="row">answers</th>
              <td class="number">${formatCount(legacy.count)}</td>
              <td class="number">${formatCount(candidate.count)}</td>
              <td></td>
            </tr>
          </tbody>
        </table>
      </div>
    </div>
  </div>`;
}
