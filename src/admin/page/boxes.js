import { h } from './dom.js';
import { bytes, count, milliseconds, seconds } from './format.js';

/** Every route the visitors asked for, busiest first. */
export function trafficBox(traffic) {
  const busiest = Math.max(1, ...traffic.routes.map(({ requests }) => requests));
  return h(
    'section',
    { class: 'card', data: { key: 'traffic' }, 'aria-labelledby': 'traffic-title' },
    h(
      'div',
      { class: 'card-head' },
      h(
        'div',
        {},
        h('h2', { id: 'traffic-title' }, 'Traffic'),
        h('p', { class: 'sub' }, 'Routes as seen by the proxy, ids collapsed'),
      ),
    ),
    traffic.routes.length === 0
      ? h('p', { class: 'quiet' }, 'No request has passed yet. Send one to the proxy and it appears here.')
      : h(
          'div',
          { class: 'scroll', role: 'region', tabindex: 0, 'aria-label': 'Routes' },
          h(
            'table',
            { class: 'traffic' },
            h(
              'thead',
              {},
              h(
                'tr',
                {},
                h('th', { scope: 'col' }, 'Route'),
                h('th', { scope: 'col', class: 'number' }, 'Requests'),
                h('td', { class: 'bar-cell' }),
                h('th', { scope: 'col' }, 'Answers'),
                h('th', { scope: 'col', class: 'number' }, 'p50'),
                h('th', { scope: 'col', class: 'number' }, 'p95'),
              ),
            ),
            h(
              'tbody',
              {},
              traffic.routes.map((route) => trafficRow(route, busiest)),
            ),
          ),
        ),
  );
}

function trafficRow(route, busiest) {
  return h(
    'tr',
    { data: { key: `${route.method} ${route.path}` } },
    h(
      'td',
      {},
      h(
        'span',
        { class: `method ${route.method === 'GET' || route.method === 'HEAD' ? 'reads' : 'writes'}` },
        route.method,
      ),
      h('code', {}, route.path),
    ),
    h('td', { class: 'number' }, count(route.requests)),
    h(
      'td',
      { class: 'bar-cell', 'aria-hidden': 'true' },
      h('i', { style: { width: `${(route.requests / busiest) * 100}%` } }),
    ),
    h(
      'td',
      {},
      Object.entries(route.statuses).map(([status, n]) => [
        h(
          'span',
          { class: `status s${status.slice(0, 1)}`, title: `${count(n)} answers` },
          status,
          ' ',
          h('small', {}, count(n)),
        ),
        ' ',
      ]),
    ),
    h('td', { class: 'number' }, milliseconds(route.p50Ms)),
    h('td', { class: 'number' }, milliseconds(route.p95Ms)),
  );
}

const captureTones = { streaming: 'good', starting: 'wait', reconnecting: 'warn', stopped: 'bad' };

/** How far the changes of the legacy database have come. */
export function captureBox(capture) {
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'capture-title' },
    h(
      'div',
      { class: 'card-head' },
      h('h2', { id: 'capture-title' }, 'Capture'),
      h('span', { class: `pill ${captureTones[capture.state] ?? ''}` }, capture.state),
    ),
    capture.error && h('div', { class: 'notice bad', role: 'alert' }, capture.error),
    rows([
      ['Received', mono(capture.received)],
      ['Applied', mono(capture.applied)],
      ['Acknowledged', mono(capture.acknowledged)],
      ['Behind the source', `${bytes(capture.lagBytes)}, ${seconds(capture.lagSeconds)}`],
    ]),
  );
}

/** How the comparisons keep up. */
export function shadowBox(shadow) {
  const { 'over-budget': overBudget = 0, 'not-sampled': notSampled = 0, writes = 0, ...lost } = shadow.dropped;
  const dropped = Object.entries(lost).filter(([, n]) => n > 0);
  const total = dropped.reduce((sum, [, n]) => sum + n, 0);
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'shadow-title' },
    h(
      'div',
      { class: 'card-head' },
      h('h2', { id: 'shadow-title' }, 'Shadow'),
      h(
        'span',
        { class: `pill ${shadow.workerRestarts > 0 ? 'warn' : 'good'}` },
        shadow.workerRestarts > 0 ? 'restarted' : 'healthy',
      ),
    ),
    rows([
      ['Compared', count(shadow.compared)],
      [
        'Not chosen',
        overBudget === 0 ? '0' : `${count(overBudget)}, at most ${count(Math.round(shadow.perSecond))}/s are compared`,
      ],
      ...(notSampled === 0 ? [] : [['Outside of the sample', count(notSampled)]]),
      ...(writes === 0 ? [] : [['In quarantine', `${count(writes)} reads of routes that write to legacy`]]),
      ['Waiting', `${count(shadow.queued)}, ${bytes(shadow.queuedBytes)}`],
      [
        'Dropped',
        total === 0 ? '0' : `${count(total)} (${dropped.map(([reason, n]) => `${count(n)} ${reason}`).join(', ')})`,
      ],
      ['Worker restarts', count(shadow.workerRestarts)],
    ]),
  );
}

function rows(entries) {
  return h(
    'dl',
    { class: 'rows' },
    entries.map(([label, value]) => h('div', {}, h('dt', {}, label), h('dd', {}, value))),
  );
}

function mono(text) {
  return text === undefined ? '–' : h('code', {}, text);
}
