import { kindWords, verdictWords } from '../../admin/page/words.js';
import type { GroupOutcome, LeftOut, ReplayGroup, ReplayReport } from '../../app/replay/replay-report.ts';
import { verdicts } from '../../kernel/verdict.ts';
import { formatCount, formatPlural } from '../format.ts';
import { sampleTable } from '../report/html/group-list.ts';
import { html, type Markup } from '../report/html/markup.ts';
import { renderPage } from '../report/html/page.ts';
import { counted } from './render-replay.ts';
import { reasonWords } from './reason-words.ts';

/** So many groups are open when the page is opened. */
const OPEN = 3;

/** A replay as one page that opens without a network. */
export function renderReplayHtml(report: ReplayReport, version: string): Promise<string> {
  const { source, at, outcomes, groups, left, notes, stopped } = report;
  const what = source === 'har' ? 'HAR' : 'stored questions';
  return renderPage({
    title: `${what} · fig replay`,
    heading: `Replay of ${source === 'har' ? 'a HAR' : what}`,
    sub: said(report),
    at,
    version,
    main: html`<section class="card feature">
      ${stopped !== undefined && html`<p><b>Stopped:</b> ${stopped}</p>`}
      ${outcomes.length > 0 && outcomeTable(outcomes)} ${groupList(groups)} ${left.length > 0 && leftList(left)}
      ${notes.map((note) => html`<p class="quiet">${note}</p>`)}
    </section>`,
  });
}

function said({ verdicts: counts }: ReplayReport): string {
  const shown = verdicts.filter((verdict) => counts[verdict] > 0);
  return shown.length === 0
    ? 'nothing was compared'
    : shown.map((verdict) => `${formatCount(counts[verdict])} ${verdictWords[verdict]}`).join(', ');
}

function outcomeTable(outcomes: readonly GroupOutcome[]): Markup {
  return html`<div class="part">
    <h3>What became of the groups</h3>
    <div class="scroll" role="region" tabindex="0" aria-label="What became of the groups">
      <table class="figures">
        <thead>
          <tr>
            <th scope="col">Group</th>
            <th scope="col">Now</th>
            <th scope="col">Difference</th>
            <th scope="col">Route</th>
            <th scope="col">Of its questions</th>
          </tr>
        </thead>
        <tbody>
          ${outcomes.map(
            (group) =>
              html`<tr>
                <td><code>${group.id}</code></td>
                <td><span class="pill ${tones[group.outcome]}">${group.outcome}</span></td>
                <td><code class="path" dir="auto">${group.path}</code> ${kindWords[group.kind] ?? group.kind}</td>
                <td>${group.route}</td>
                <td>${counted(group)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </div>`;
}

const tones = { gone: 'good', remains: 'bad', undetermined: 'wait' } as const;

function groupList(groups: readonly ReplayGroup[]): Markup {
  if (groups.length === 0)
    return html`<div class="part"><p class="clean">Nothing differs in what was compared.</p></div>`;
  return html`<div class="part">
    <h3>Differences now<span class="quiet"> ${formatPlural(groups.length, 'group')}</span></h3>
    <div class="groups">
      ${groups.map(
        ({ id, route, path, kind, critical, count, samples }, index) =>
          html`<details class="group${critical ? ' critical' : ''}" ${index < OPEN && html` open`}>
            <summary>
              <span class="rank">${index + 1}</span
              ><span class="what"
                ><code class="path" dir="auto">${path}</code>
                <span class="tag">${kindWords[kind] ?? kind}</span
                >${critical && html` <span class="tag critical">critical</span>`}
                <span class="route">${route}</span></span
              >
              <span class="blocks"><b>${formatCount(count)}</b><small>group ${id}</small></span>
            </summary>
            <div class="group-body">${samples.map(sampleTable)}</div>
          </details>`,
      )}
    </div>
  </div>`;
}

function leftList(left: readonly LeftOut[]): Markup {
  return html`<div class="part">
    <h3>Not compared</h3>
    ${left.map(
      ({ reason, count, questions }) =>
        html`<details>
          <summary>${formatCount(count)} ${reasonWords(reason)}</summary>
          <ul>
            ${questions.map((question) => html`<li><code dir="auto">${question}</code></li>`)}
          </ul>
        </details>`,
    )}
  </div>`;
}
