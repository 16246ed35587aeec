import { h, svg } from './dom.js';
import { ago, count, duration, milliseconds, percent, plural, seconds } from './format.js';

const connections = {
  connecting: ['wait', 'connecting'],
  live: ['good', 'live'],
  lost: ['bad', 'disconnected'],
};

export function header({ status, connection }) {
  const [tone, word] = connections[connection];
  return h(
    'div',
    { class: 'top-inner' },
    h(
      'div',
      { class: 'brand' },
      h('img', { src: 'icon.svg', alt: '', width: 30, height: 30 }),
      h('div', {}, h('h1', {}, status?.name ?? 'fig'), h('p', { class: 'sub' }, subtitle(status))),
    ),
    status &&
      h(
        'dl',
        { class: 'addresses' },
        address('Proxy', status.addresses.proxy),
        h('div', { class: 'arrow', 'aria-hidden': 'true' }, '→'),
        address('Legacy', status.addresses.legacy),
      ),
    status?.storeError &&
      h('span', { class: 'pill bad', id: 'store-away', title: status.storeError }, 'Without the control store'),
    status?.killSwitch?.on &&
      h(
        'span',
        { class: 'pill bad', id: 'kill-switch', title: `${status.killSwitch.who}: ${status.killSwitch.why}` },
        'kill switch on: legacy answers all reads',
      ),
    h('span', { class: `pill ${tone}`, id: 'connection' }, h('span', { class: 'dot', 'aria-hidden': 'true' }), word),
  );
}

function subtitle(status) {
  if (!status) return 'strangler-fig';
  const up = duration(Date.now() - Date.parse(status.startedAt));
  return `${status.mode === 'observe' ? 'observing' : plural(status.features.length, 'feature')} · up ${up}`;
}

/** `urls`: one, or several separated by commas. */
function address(label, urls) {
  return h(
    'div',
    {},
    h('dt', {}, label),
    urls
      .split(', ')
      .map((url) => h('dd', {}, h('a', { href: /^https?:/.test(url) ? url : '#' }, url.replace(/^https?:\/\//, '')))),
  );
}

/** The four figures that one looks at first. */
export function summary({ status, rates }) {
  const { traffic, capture, features } = status;
  const rate = rates.at(-1);
  const fallbacks = Object.values(traffic.fallbacks).reduce((sum, n) => sum + n, 0);
  const share = traffic.requests > 0 ? traffic.servedBy.candidate / traffic.requests : undefined;
  const slowest = Math.max(0, ...traffic.routes.map(({ p95Ms }) => p95Ms));
  return h(
    'section',
    { class: 'tiles', 'aria-label': 'Summary', data: { key: 'summary' } },
    tile(
      'Requests',
      count(traffic.requests),
      rate === undefined ? `${count(traffic.inFlight)} in flight` : `${rate.toFixed(rate < 10 ? 1 : 0)} per second`,
      sparkline(rates),
    ),
    features.length > 0
      ? tile('Served by the candidate', percent(share), plural(traffic.servedBy.candidate, 'request'))
      : tile('Routes seen', count(traffic.routes.length), 'ids collapsed'),
    features.length > 0
      ? tile(
          'Fallbacks to legacy',
          count(fallbacks),
          fallbackText(traffic.fallbacks),
          undefined,
          fallbacks > 0 ? 'warn' : '',
        )
      : tile('Slowest route, p95', milliseconds(slowest), 'all answered by legacy'),
    capture
      ? tile(
          'Read model lag',
          seconds(capture.lagSeconds),
          captureText(capture),
          undefined,
          capture.state === 'streaming' ? '' : 'warn',
        )
      : tile('In flight', count(traffic.inFlight), `since ${ago(status.startedAt)}`),
  );
}

function captureText(capture) {
  return capture.state === 'streaming' ? 'streaming changes' : `capture ${capture.state}`;
}

function fallbackText(fallbacks) {
  const entries = Object.entries(fallbacks).toSorted(([, a], [, b]) => b - a);
  if (entries.length === 0) return 'none needed';
  return entries
    .slice(0, 2)
    .map(([reason, n]) => `${count(n)} ${reason}`)
    .join(', ');
}

function tile(label, value, hint, extra, tone = '') {
  return h(
    'div',
    { class: `tile ${tone}` },
    h('p', { class: 'label' }, label),
    h('p', { class: 'figure' }, value),
    h('p', { class: 'hint', title: hint }, hint),
    extra,
  );
}

function sparkline(points) {
  if (points.length < 3) return undefined;
  const greatest = Math.max(...points, 1);
  const step = 100 / (points.length - 1);
  const line = points
    .map((value, i) => `${(i * step).toFixed(2)},${(27 - (value / greatest) * 24).toFixed(2)}`)
    .join(' ');
  return svg(
    'svg',
    { class: 'sparkline', viewBox: '0 0 100 28', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('polygon', { points: `0,28 ${line} 100,28`, class: 'area' }),
    svg('polyline', { points: line, class: 'line', 'vector-effect': 'non-scaling-stroke' }),
  );
}
