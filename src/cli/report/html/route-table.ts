import type { FeatureReport } from '../../../app/reports/feature-report.ts';
import { verdictWords } from '../../../admin/page/words.js';
import { verdicts } from '../../../kernel/verdict.ts';
import { conclusive } from '../../conclusive.ts';
import { formatCount, formatMs } from '../../format.ts';
import { describeCoverage } from '../sentences.ts';
import { html, type Markup } from './markup.ts';
import { stack } from './pictures.ts';

/** Every route with its verdicts, how much of what users ask is compared, and how long both sides take. */
export function routeTable({ routes }: FeatureReport): Markup | undefined {
  if (routes.length === 0) return undefined;
  return html`<div class="part">
    <h3>Routes</h3>
    <div class="scroll" role="region" tabindex="0" aria-label="Routes">
      <table class="figures routes">
        <thead>
          <tr>
            <th scope="col">Route</th>
            <td></td>
            <th scope="col" class="number">Compared</th>
            <th scope="col" class="number">Differ</th>
            <th scope="col">Coverage</th>
            <th scope="col" class="number">Legacy p95</th>
            <th scope="col" class="number">Candidate p95</th>
          </tr>
        </thead>
        <tbody>
          ${routes.map((each) => {
            const { route, comparisons, legacyP95Ms, candidateP95Ms, kinds, comparedKinds } = each;
            const wrong = comparisons.mismatch + comparisons.error;
            const isFull = kinds > 0 && kinds === comparedKinds;
            return html`<tr>
              <td><code>${route}</code></td>
              <td class="bar">
                ${stack(
                  verdicts
                    .filter((verdict) => comparisons[verdict] > 0)
                    .map((verdict) => ({ name: verdict, word: verdictWords[verdict], count: comparisons[verdict] })),
                )}
              </td>
              <td class="number">${formatCount(conclusive(comparisons))}</td>
              <td class="number${wrong > 0 ? ' wrong' : ''}">${formatCount(wrong)}</td>
              <td class="${isFull ? 'clean' : 'lacking'}">${describeCoverage(each)}</td>
              <td class="number">${formatMs(legacyP95Ms)}</td>
              <td class="number">${formatMs(candidateP95Ms)}</td>
            </tr>`;
          })}
        </tbody>
      </table>
    </div>
  </div>`;
}
