import { gateWords, kindWords } from '../../../admin/page/words.js';
import { conclusive } from '../../conclusive.ts';
import { formatCount, formatPlural, formatShare } from '../../format.ts';
import type { MigrationReport, RankedGroup } from '../migration-report.ts';
import { html, type Markup } from './markup.ts';

const SHOWN = 10;

/** A line for each feature, then what blocks most of all. */
export function overview({ features }: MigrationReport, ranked: readonly RankedGroup[]): Markup {
  const indexes = new Map(features.map(({ feature }, index) => [feature, index]));
  return html`<section class="card" aria-labelledby="overview">
    <div class="card-head"><h2 id="overview">Features</h2></div>
    <div class="scroll" role="region" tabindex="0" aria-label="All features">
      <table class="figures">
        <thead>
          <tr>
            <th scope="col">Feature</th>
            <th scope="col">Reads</th>
            <th scope="col" class="number">Compared</th>
            <th scope="col" class="number">Match</th>
            <th scope="col" class="number">Groups</th>
            <th scope="col">Gate</th>
          </tr>
        </thead>
        <tbody>
          ${features.map((feature, index) => {
            const [tone, word] = gateWords[feature.gate.result];
            return html`<tr>
              <td>
                <a href="#feature-${index}"><b>${feature.feature}</b></a>
              </td>
              <td>${feature.reads}</td>
              <td class="number">${formatCount(conclusive(feature.comparisons))}</td>
              <td class="number">${formatShare(feature.matchRate)}</td>
              <td class="number">${formatCount(feature.groups.filter(({ inStep }) => inStep).length)}</td>
              <td><span class="pill ${tone}">${word}</span> <span class="sentence">${feature.gate.reason}</span></td>
            </tr>`;
          })}
        </tbody>
      </table>
    </div>
    <h3 class="next">What blocks most</h3>
    ${
      ranked.length === 0
        ? html`<p class="quiet">No difference was seen in any feature’s present step.</p>`
        : html`<ol class="blockers">
            ${ranked.slice(0, SHOWN).map((group) => {
              const { feature, path, kind, critical, route, share } = group;
              return html`<li>
                <a href="#feature-${indexes.get(feature)}">${feature}</a> <code class="path" dir="auto">${path}</code>
                <span class="tag">${kindWords[kind] ?? kind}</span
                >${critical && html` <span class="tag critical">critical</span>`} <span class="quiet">${route}</span>
                <b class="push">${formatShare(share)}</b>
              </li>`;
            })}
          </ol>`
    }
    ${
      ranked.length > SHOWN &&
      html`<p class="quiet">${formatPlural(ranked.length - SHOWN, 'more group')} in the features below.</p>`
    }
  </section>`;
}
