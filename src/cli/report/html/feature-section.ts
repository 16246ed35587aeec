import type { FeatureReport } from '../../../app/reports/feature-report.ts';
import { ruleNotes } from '../../../admin/page/rule-notes.js';
import { gateWords, verdictWords } from '../../../admin/page/words.js';
import { verdicts } from '../../../kernel/verdict.ts';
import { formatCount, formatPlural, formatShare } from '../../format.ts';
import { groupList } from './group-list.ts';
import { latencyPanel } from './latency-panel.ts';
import { legacyVariesList } from './legacy-varies.ts';
import { html, type Markup } from './markup.ts';
import { meter, stack } from './pictures.ts';
import { routeTable } from './route-table.ts';
import { timeText } from './time-text.ts';

/** Everything about one feature, on one card. */
export function featureSection(report: FeatureReport, index: number): Markup {
  const id = `feature-${index}`;
  return html`<section class="card feature" id="${id}" aria-labelledby="${id}-title">
    <div class="card-head">
      <div>
        <h2 id="${id}-title">${report.feature}</h2>
        <p class="sub">
          reads ${report.reads} · ${formatPlural(report.routes.length, 'route')} · evidence of
          ${report.fingerprint.slice(0, 8)} at ${timeText(report.at)}
        </p>
      </div>
    </div>
    <div class="columns">${evidence(report)}${gate(report)}</div>
    ${quarantined(report)} ${groupList(report)} ${latencyPanel(report.latency)} ${routeTable(report)}
    ${uncovered(report)} ${legacyVariesList(report)} ${ruleList(report)}
  </section>`;
}

function evidence({ comparisons, matchRate, bound, looked, reasons }: FeatureReport): Markup {
  const shown = verdicts.filter((verdict) => comparisons[verdict] > 0);
  return html`<div class="panel">
    <h3>Evidence</h3>
    <p class="big">
      ${matchRate === undefined ? '–' : formatShare(matchRate)}<span>
        ${matchRate === undefined ? 'no verdict yet' : 'of the answers match'}</span
      >
    </p>
    ${
      shown.length > 0 &&
      html`${stack(shown.map((verdict) => ({ name: verdict, word: verdictWords[verdict], count: comparisons[verdict] })))}
        <ul class="legend">
          ${shown.map(
            (verdict) =>
              html`<li>
                <i class="${verdict}" aria-hidden="true"></i
                ><b>${formatCount(comparisons[verdict])}</b> ${verdictWords[verdict]}
              </li>`,
          )}
        </ul>`
    }
    <p class="bound">Mismatch rate: ${bound.sentence}.${looked && html` Looked at ${looked.sentence}.`}</p>
    ${
      reasons.length > 0 &&
      html`<details>
        <summary>
          Why
          ${formatPlural(
            reasons.reduce((sum, { count }) => sum + count, 0),
            'comparison',
          )}
          gave a reason
        </summary>
        <ul class="lines">
          ${reasons.map(
            ({ route, verdict, reason, count }) =>
              html`<li>
                <b>${formatCount(count)}</b> ${verdictWords[verdict]}, ${reason} <span class="quiet">${route}</span>
              </li>`,
          )}
        </ul>
      </details>`
    }
  </div>`;
}

function gate({ gate: { result, reason, progress, remaining, blockers } }: FeatureReport): Markup {
  const [tone, word] = gateWords[result];
  const left =
    result === 'PASS'
      ? 'proof complete'
      : remaining === undefined
        ? 'cannot pass as it is'
        : `${formatPlural(remaining, 'clean comparison')} to go`;
  const others = blockers.slice(1);
  return html`<div class="panel">
    <div class="meter-head">
      <h3>Gate</h3>
      <span class="pill ${tone}">${word}</span>
    </div>
    <p class="reason">${reason}</p>
    ${meter(progress, tone, `Proof: ${formatShare(progress)}, ${left}`)}
    <p class="meter-foot"><span>${left}</span><span>${formatShare(progress)}</span></p>
    ${
      others.length > 0 &&
      html`<h4>Also in the way</h4>
        <ul class="lines">
          ${others.map((other) => html`<li>${other}</li>`)}
        </ul>`
    }
  </div>`;
}

function quarantined({ quarantined: routes = [] }: FeatureReport): Markup | undefined {
  if (routes.length === 0) return undefined;
  return html`<div class="part">
    <h3>Not compared<span class="quiet"> because reads write to legacy</span></h3>
    <ul class="lines">
      ${routes.map(
        ({ route, tables, since }) =>
          html`<li>
            <code>${route}</code> writes to ${tables.join(', ')} <span class="quiet">found ${timeText(since)}</span>
          </li>`,
      )}
    </ul>
  </div>`;
}

function uncovered({ uncovered: shapes }: FeatureReport): Markup | undefined {
  if (shapes.length === 0) return undefined;
  return html`<div class="part">
    <h3>Not compared yet<span class="quiet"> ${formatPlural(shapes.length, 'kind')} of request</span></h3>
    <ul class="lines">
      ${shapes.map(
        ({ route, shape, seen }) =>
          html`<li>
            <code>${route}</code> <code class="shape">${shape}</code>
            <span class="quiet">asked ${formatPlural(seen, 'time')}</span>
          </li>`,
      )}
    </ul>
  </div>`;
}

function ruleList({ rules }: FeatureReport): Markup {
  return html`<div class="part">
    <h3>Rules in force</h3>
    ${
      rules.length === 0
        ? html`<p class="quiet">None: every value of every body is compared.</p>`
        : html`<ul class="lines">
            ${rules.map(
              (rule) =>
                html`<li>
                  <span class="tag">${rule.rule}</span> <code dir="auto">${rule.where}</code>
                  <span class="quiet">${[rule.detail, ...ruleNotes(rule)].join(' · ')}</span>
                </li>`,
            )}
          </ul>`
    }
  </div>`;
}
