import { h } from './dom.js';
import { ago, count, plural } from './format.js';

const SHOWN = 8;
const kindWords = {
  status: 'status differs',
  header: 'header differs',
  value: 'value differs',
  type: 'type differs',
  missing: 'missing in candidate',
  extra: 'only in candidate',
  order: 'order differs',
  body: 'body differs',
  error: 'candidate failed',
};

/** The groups of differences of a feature, most frequent first, with both values side by side. */
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
  return [
    report.groups.length === 0 ? h('p', { class: compared === 0 ? 'quiet' : 'clean' }, none) : table(report.groups),
    report.groups.length > SHOWN &&
      h('p', { class: 'quiet' }, `${plural(report.groups.length - SHOWN, 'more group')}: fig report ${report.feature}`),
    report.uncovered.length > 0 && uncovered(report.uncovered),
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
      h('tbody', {}, groups.slice(0, SHOWN).map(row)),
    ),
  );
}

function row(group) {
  const sample = group.samples[0];
  return h(
    'tr',
    { data: { key: `${group.route} ${group.path} ${group.kind}` } },
    h('td', { class: 'number' }, h('b', {}, count(group.count))),
    h(
      'td',
      { class: 'where' },
      h('code', { class: 'path' }, group.path),
      ' ',
      h('span', { class: 'tag' }, kindWords[group.kind] ?? group.kind),
      group.critical && [' ', h('span', { class: 'tag critical' }, 'critical')],
      h('div', { class: 'quiet' }, group.route),
      group.samples.length > 0 && samples(group),
    ),
    h('td', {}, value(sample?.legacy, 'legacy')),
    h('td', {}, value(sample?.candidate, 'candidate')),
  );
}

function samples(group) {
  return h(
    'details',
    {},
    h('summary', {}, `${plural(group.samples.length, 'example')}, last seen ${ago(group.lastSeen)}`),
    h(
      'ul',
      { class: 'samples' },
      group.samples.map((sample) =>
        h(
          'li',
          {},
          h('code', {}, sample.question),
          ' ',
          h('span', { class: 'quiet' }, sample.at),
          h('div', { class: 'versus' }, value(sample.legacy, 'legacy'), value(sample.candidate, 'candidate')),
        ),
      ),
    ),
  );
}

function value(text, side) {
  return text === undefined
    ? h('span', { class: 'value nothing' }, 'nothing')
    : h('code', { class: `value ${side}` }, text);
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
