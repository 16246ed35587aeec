import type { FeatureReport, ReportGroup, ReportSample } from '../../../app/reports/feature-report.ts';
import { excerpt, type ExcerptSide } from '../../../admin/page/excerpt.js';
import { findingLines, type FindingLine } from '../../../admin/page/finding.js';
import { kindWords } from '../../../admin/page/words.js';
import { conclusive } from '../../conclusive.ts';
import { formatCount, formatPlural, formatShare } from '../../format.ts';
import { describeWhatItBlocks } from '../sentences.ts';
import { html, type Markup } from './markup.ts';
import { timeText } from './time-text.ts';

/** So many are open when the page is opened. */
const OPEN = 3;

/** The groups of differences, what blocks most first, with both sides of each sample beside each other. */
export function groupList({ groups, comparisons }: FeatureReport): Markup {
  if (groups.length === 0) {
    const compared = conclusive(comparisons);
    return html`<div class="part">
      <h3>Differences</h3>
      ${
        compared === 0
          ? html`<p class="quiet">Nothing has been compared yet.</p>`
          : html`<p class="clean">None in ${formatPlural(compared, 'comparison')}. Legacy and candidate agree.</p>`
      }
    </div>`;
  }
  return html`<div class="part">
    <h3>Differences<span class="quiet"> ${formatPlural(groups.length, 'group')}, what blocks most first</span></h3>
    <div class="groups">${groups.map(groupDetails)}</div>
  </div>`;
}

function groupDetails(group: ReportGroup, index: number): Markup {
  const { route, path, kind, critical, count, share, firstSeen, lastSeen, samples } = group;
  const open = index < OPEN ? html` open` : undefined;
  return html`<details class="group${critical ? ' critical' : ''}" ${open}>
    <summary>
      <span class="rank">${index + 1}</span
      ><span class="what"
        ><code class="path" dir="auto">${path}</code>
        <span class="tag">${kindWords[kind] ?? kind}</span
        >${critical && html` <span class="tag critical">critical</span>`} <span class="route">${route}</span></span
      >
      <span class="blocks"
        ><b>${group.inStep ? formatShare(share) : '–'}</b
        ><small>${formatCount(count)} ${count === 1 ? 'answer' : 'answers'}</small></span
      >
    </summary>
    <div class="group-body">
      <p class="quiet">
        It ${group.inStep ? '' : 'was '}${describeWhatItBlocks(group)}. Seen ${formatPlural(count, 'time')}, first
        ${timeText(firstSeen)}, last ${timeText(lastSeen)}. ${again(group)}
      </p>
      ${findingList(findingLines(group))}${samples.map(sampleTable)}
    </div>
  </details>`;
}

/** Why that of a POST cannot be asked again is said among the findings. */
function again({ id, route }: ReportGroup): Markup {
  return route.startsWith('POST ') ? html`Group ${id}.` : html`<code>fig replay --group ${id}</code> asks again.`;
}

function findingList(lines: readonly FindingLine[]): Markup | undefined {
  if (lines.length === 0) return undefined;
  return html`<dl class="finding">
    ${lines.map(
      ({ label, code, text }) =>
        html`<dt>${label}</dt>
          <dd>${code !== undefined && html`<code dir="auto">${code}</code> `}${text}</dd>`,
    )}
  </dl>`;
}

/** Both values of a sample beside each other, line by line. */
export function sampleTable({ question, at, legacy, candidate }: Omit<ReportSample, 'seenAt'>): Markup {
  const rows = excerpt(legacy, candidate);
  return html`<table class="excerpt">
    <caption>
      <code dir="auto">${question}</code>
      <span class="quiet" dir="auto">${at}</span>
    </caption>
    <thead>
      <tr>
        <th scope="col">Legacy</th>
        <th scope="col">Candidate</th>
      </tr>
    </thead>
    <tbody>
      ${
        rows.length === 0
          ? html`<tr>
              ${side(undefined, 'legacy')}${side(undefined, 'candidate')}
            </tr>`
          : rows.map(
              (row) =>
                html`<tr class="${row.isEqual ? 'equal' : 'differs'}">
                  ${side(row.legacy, 'legacy')}${side(row.candidate, 'candidate')}
                </tr>`,
            )
      }
    </tbody>
  </table>`;
}

function side(text: ExcerptSide | undefined, name: 'legacy' | 'candidate'): Markup {
  if (text === undefined) return html`<td class="${name} nothing">nothing</td>`;
  const { before, differs, after } = text;
  const marked = differs === '' ? undefined : html`<mark>${differs}</mark>`;
  return html`<td class="${name}"><code dir="auto">${before}${marked}${after}</code></td>`;
}
