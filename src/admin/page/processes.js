import { h } from './dom.js';
import { count, duration } from './format.js';

const tones = { serving: 'good', degraded: 'wait', draining: 'wait', down: 'bad', gone: 'bad' };

/** The processes of a migration that runs in several. */
export function processesBox(processes) {
  return h(
    'section',
    { class: 'card', data: { key: 'processes' }, 'aria-labelledby': 'processes-title' },
    h(
      'div',
      { class: 'card-head' },
      h(
        'div',
        {},
        h('h2', { id: 'processes-title' }, 'Processes'),
        h('p', { class: 'sub' }, 'Traffic is the sum over the proxies that live'),
      ),
    ),
    h(
      'div',
      { class: 'scroll', role: 'region', tabindex: 0, 'aria-label': 'Processes' },
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            ['Role', 'Where', 'State'].map((title) => h('th', { scope: 'col' }, title)),
            ['Up', 'Requests'].map((title) => h('th', { scope: 'col', class: 'number' }, title)),
          ),
        ),
        h('tbody', {}, processes.map(processRow)),
      ),
    ),
  );
}

function processRow({ id, role, host, pid, state, reason, startedAt, requests, hasSameConfig }) {
  return h(
    'tr',
    { data: { key: id } },
    h('td', {}, role),
    h('td', {}, h('code', {}, `${host} ${pid}`)),
    h(
      'td',
      {},
      h('span', { class: `pill ${tones[state]}`, title: reason ?? '' }, state),
      state !== 'gone' && !hasSameConfig && h('span', { class: 'pill bad' }, 'another config'),
    ),
    h('td', { class: 'number' }, duration(Date.now() - Date.parse(startedAt))),
    h('td', { class: 'number' }, requests === undefined ? '' : count(requests)),
  );
}
