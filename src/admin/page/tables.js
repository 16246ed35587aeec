import { h } from './dom.js';
import { count, duration } from './format.js';

/** `titles`: in an array of its own, a column of numbers. */
export function table(label, titles, lines) {
  const isNumber = titles.map((title) => Array.isArray(title));
  return h(
    'div',
    { class: 'scroll', role: 'region', tabindex: 0, 'aria-label': label },
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          titles.map((title, n) => h('th', { scope: 'col', class: isNumber[n] ? 'number' : undefined }, title)),
        ),
      ),
      h(
        'tbody',
        {},
        lines.map(([key, cells]) =>
          h(
            'tr',
            { data: { key } },
            cells.map((cell, n) => h('td', { class: isNumber[n] ? 'number' : undefined }, cell)),
          ),
        ),
      ),
    ),
  );
}

/** Facts with their names. */
export function rows(entries) {
  return h(
    'dl',
    { class: 'rows' },
    entries.map(([label, value]) => h('div', {}, h('dt', {}, label), h('dd', {}, value))),
  );
}

/** How long it is since a process began what it does. */
export function since(worker) {
  return duration(Date.now() - Date.parse(worker.since));
}

export function rate(perSecond, unit) {
  if (perSecond === undefined) return '–';
  return `${count(perSecond < 10 ? Math.round(perSecond * 10) / 10 : Math.round(perSecond))} ${unit}/s`;
}
