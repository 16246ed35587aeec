import { h } from './dom.js';
import { differingParts, excerpt } from './excerpt.js';
import { findingLines } from './finding.js';
import { ago, count, percent, plural } from './format.js';
import { ruleNotes } from './rule-notes.js';
import { variationLine } from './variation.js';
import { kindWords } from './words.js';

const SHOWN = 8;
/** Behind a click; what is beyond is for the report that is written to a file. */
const SHOWN_MORE = 42;

/** The groups of differences of a feature, what blocks most first, with both values side by side. */
export function differences(feature, entry) {
  const report = entry?.report;
  return h(
    'div',
    { class: 'differences', data: { key: `differences-${feature}` } },
    h(
      'h3',
      {},
      'Differences',
      report && report.groups.length > 0 && h('span', { class: 'quiet' }, ` ${plural(report.groups.length, 'group')}`),
    ),
    entry?.problem && h('p', { class: 'quiet' }, `The report could not be read: ${entry.problem}`),
    report ? body(report) : !entry?.problem && h('p', { class: 'quiet' }, 'Reading the report…'),
  );
}

function body(report) {
  const compared = report.comparisons.match + report.comparisons.mismatch + report.comparisons.error;
  const none =
    compared === 0
      ? 'Nothing has been compared yet.'
      : `None in ${plural(compared, 'comparison')}. Legacy and candidate agree.`;
  const more = report.groups.slice(SHOWN, SHOWN + SHOWN_MORE);
  const left = report.groups.length - SHOWN - more.length;
  return [
    report.groups.length === 0
      ? h('p', { class: compared === 0 ? 'quiet' : 'clean' }, none)
      : table(report.groups.slice(0, SHOWN)),
    more.length > 0 &&
      h(
        'details',
        { class: 'more', data: { key: 'more-groups' } },
        h('summary', {}, plural(more.length, 'more group')),
        table(more),
        left > 0 && h('p', { class: 'quiet' }, `${plural(left, 'further group')}: fig report ${report.feature}`),
      ),
    report.uncovered.length > 0 && uncovered(report.uncovered),
    varies(report.legacyVaries),
    rules(report.rules),
  ];
}

function table(groups) {
  return h(
    'div',
    { class: 'scroll' },
    h(
      'table',
      { class: 'diffs' },
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ['Count', 'Where', 'Legacy', 'Candidate'].map((title, i) =>
            h('th', { scope: 'col', class: i === 0 ? 'number' : undefined }, title),
          ),
        ),
      ),
      h('tbody', {}, groups.map(row)),
    ),
  );
}

function row(group) {
  const { legacy, candidate } = group.samples[0] ?? {};
  const [left, right] = legacy !== undefined && candidate !== undefined ? differingParts(legacy, candidate) : [];
  return h(
    'tr',
    { data: { key: `${group.route} ${group.path} ${group.kind}` } },
    h(
      'td',
      { class: 'number' },
      h('b', {}, count(group.count)),
      h(
        'small',
        { class: 'blocks', title: 'Share of the evidence of this step that it spoils' },
        group.inStep ? percent(group.share) : 'earlier',
      ),
    ),
    h(
      'td',
      { class: 'where' },
      h('code', { class: 'path', dir: 'auto' }, group.path),
      ' ',
      h('span', { class: 'tag' }, kindWords[group.kind] ?? group.kind),
      group.critical && [' ', h('span', { class: 'tag critical' }, 'critical')],
      h('div', { class: 'quiet' }, group.route, !group.inStep && ', not seen in this step'),
      h('div', { class: 'quiet' }, 'group ', h('code', { class: 'group-id' }, group.id)),
      finding(group),
      group.samples.length > 0 && samples(group),
    ),
    h('td', {}, value(left ?? whole(legacy), 'legacy')),
    h('td', {}, value(right ?? whole(candidate), 'candidate')),
  );
}

function finding(group) {
  const lines = findingLines(group);
  if (lines.length === 0) return undefined;
  return h(
    'dl',
    { class: 'finding' },
    lines.map(({ label, code, text }) => [
      h('dt', {}, label),
      h('dd', {}, code !== undefined && [h('code', { dir: 'auto' }, code), ' '], text),
    ]),
  );
}

function samples(group) {
  return h(
    'details',
    {},
    h(
      'summary',
      {},
      `${plural(group.samples.length, 'example')}, first seen ${ago(group.firstSeen)}, last ${ago(group.lastSeen)}`,
    ),
    h(
      'ul',
      { class: 'samples' },
      group.samples.map((sample) =>
        h(
          'li',
          {},
          h('code', {}, sample.question),
          ' ',
          h('span', { class: 'quiet', dir: 'auto' }, sample.at),
          sideBySide(sample),
        ),
      ),
    ),
  );
}

/** Lines that both have stand beside each other, as in the report that is written to a file. */
function sideBySide({ legacy, candidate }) {
  const rows = excerpt(legacy, candidate);
  return h(
    'div',
    { class: 'versus' },
    (rows.length === 0 ? [{}] : rows).map((pair) => [
      pair.isEqual ? h('code', { class: 'same', dir: 'auto' }, pair.legacy.before) : value(pair.legacy, 'legacy'),
      pair.isEqual
        ? h('code', { class: 'same', dir: 'auto' }, pair.candidate.before)
        : value(pair.candidate, 'candidate'),
    ]),
  );
}

function whole(text) {
  return text === undefined ? undefined : { before: text, differs: '', after: '' };
}

function value(parts, side) {
  if (parts === undefined) return h('span', { class: 'value nothing' }, 'nothing');
  const { before, differs, after } = parts;
  return h('code', { class: `value ${side}`, dir: 'auto' }, before, differs !== '' && h('mark', {}, differs), after);
}

/** Where legacy's own answers differ from each other. */
function varies(places = []) {
  if (places.length === 0) return undefined;
  return h(
    'details',
    { class: 'uncovered', data: { key: 'legacy-varies' } },
    h('summary', {}, `Legacy itself varies in ${plural(places.length, 'place')}, so no candidate can agree`),
    h(
      'ul',
      {},
      places
        .map(variationLine)
        .map(({ path, route, what, values, rule }) =>
          h(
            'li',
            {},
            h('code', { dir: 'auto' }, path),
            ` ${what} `,
            h('span', { class: 'quiet' }, route),
            h('div', { class: 'quiet', dir: 'auto' }, values),
            rule !== undefined && h('div', {}, 'if it may: ', h('code', { dir: 'auto' }, rule)),
          ),
        ),
    ),
  );
}

function rules(inForce) {
  if (inForce.length === 0) return undefined;
  return h(
    'details',
    { class: 'uncovered' },
    h('summary', {}, `${plural(inForce.length, 'rule')} in force`),
    h(
      'ul',
      {},
      inForce.map((rule) =>
        h(
          'li',
          {},
          h('span', { class: 'tag' }, rule.rule),
          ' ',
          h('code', {}, rule.where),
          h('span', { class: 'quiet' }, ` ${[rule.detail, ...ruleNotes(rule)].join(' · ')}`),
        ),
      ),
    ),
  );
}

function uncovered(shapes) {
  return h(
    'details',
    { class: 'uncovered' },
    h('summary', {}, `${plural(shapes.length, 'kind')} of request not compared yet`),
    h(
      'ul',
      {},
      shapes.map(({ route, shape, seen }) =>
        h('li', {}, h('code', {}, route), ` ${shape} `, h('span', { class: 'quiet' }, `asked ${plural(seen, 'time')}`)),
      ),
    ),
  );
}
