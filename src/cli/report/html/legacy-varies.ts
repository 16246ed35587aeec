import { variationLine } from '../../../admin/page/variation.js';
import type { FeatureReport } from '../../../app/reports/feature-report.ts';
import { html, type Markup } from './markup.ts';

/** Where legacy's own answers differ from each other, with the rule that would let them be compared. */
export function legacyVariesList({ legacyVaries = [] }: Pick<FeatureReport, 'legacyVaries'>): Markup | undefined {
  if (legacyVaries.length === 0) return undefined;
  return html`<div class="part varies">
    <h3>Legacy itself varies here<span class="quiet"> so no candidate can agree</span></h3>
    <ul class="lines">
      ${legacyVaries.map(variationLine).map(
        ({ path, route, what, values, rule }) =>
          html`<li>
            <code class="path" dir="auto">${path}</code> ${what} <span class="quiet">${route}</span>
            <div class="quiet" dir="auto">${values}</div>
            ${rule !== undefined && html`<div>if it may: <code dir="auto">${rule}</code></div>`}
          </li>`,
      )}
    </ul>
  </div>`;
}
