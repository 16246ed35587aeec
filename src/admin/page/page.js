// Entry: keeps one state object, fed by /events and by reports, and renders all of it whenever something changed.
import { connect, readReport } from './api.js';
import { h, update } from './dom.js';
import { installDialogs } from './dialogs.js';
import { featureCard } from './feature-card.js';
import { header, summary } from './header.js';
import { captureBox, shadowBox, trafficBox } from './boxes.js';
import { eventsBox } from './events.js';
import { nextStep } from './next-step.js';
import { processesBox } from './processes.js';
import { transportBox } from './transport.js';

const REPORT_EVERY_MS = 3_000;
const RATE_POINTS = 60;

const state = {
  status: undefined,
  problem: undefined,
  connection: 'connecting',
  since: Date.now(),
  reports: new Map(),
  rates: [],
};
const main = document.getElementById('main');
let lastCount;

function render() {
  const { status } = state;
  update(document.getElementById('top'), header(state));
  document.getElementById('version').textContent = status?.version ?? '';
  document.title = status ? `${status.name} · fig` : 'fig';
  if (!status) {
    update(main, waiting(state));
    return;
  }
  const notices = [disconnected(state), state.problem && notice('bad', 'The status could not be read', state.problem)];
  const features =
    status.mode === 'observe' || status.features.length === 0
      ? [nextStep(status)]
      : status.features.map((feature) => featureCard(feature, status, state.reports.get(feature.feature)));
  update(
    main,
    notices,
    summary(state),
    features,
    status.processes?.length > 0 && processesBox(status.processes),
    status.transport && transportBox(status.transport),
    status.events && eventsBox(status.events),
    trafficBox(status.traffic),
    (status.capture || status.shadow) &&
      h(
        'div',
        { class: 'pair', data: { key: 'boxes' } },
        status.capture && captureBox(status.capture),
        status.shadow && shadowBox(status.shadow),
      ),
  );
}

function waiting({ connection, since }) {
  const failed = connection === 'lost' && Date.now() - since > 2_000;
  return h(
    'section',
    { class: 'card empty', data: { key: 'waiting' }, 'aria-busy': !failed },
    h('div', { class: failed ? 'mark' : 'spinner', 'aria-hidden': 'true' }),
    h('h2', {}, failed ? 'fig does not answer' : 'Connecting to fig…'),
    h(
      'p',
      {},
      failed
        ? 'It may have been stopped. This page connects again by itself as soon as it is back.'
        : 'The first figures arrive within a second.',
    ),
  );
}

function disconnected({ connection, lastSeen }) {
  if (connection !== 'lost') return undefined;
  const at = lastSeen ? new Date(lastSeen).toLocaleTimeString() : 'an earlier moment';
  return notice('warn', 'Connection lost', `These are the figures of ${at}. The page connects again by itself.`);
}

function notice(tone, title, text) {
  return h(
    'div',
    { class: `notice ${tone}`, role: 'alert', data: { key: `notice-${title}` } },
    h('strong', {}, title),
    ' ',
    text,
  );
}

function received(status) {
  const now = performance.now();
  if (lastCount && status.startedAt === lastCount.startedAt) {
    const seconds = (now - lastCount.at) / 1000;
    if (seconds > 0.2) state.rates.push(Math.max(0, (status.traffic.requests - lastCount.requests) / seconds));
    if (state.rates.length > RATE_POINTS) state.rates.shift();
  } else state.rates.length = 0;
  lastCount = { at: now, requests: status.traffic.requests, startedAt: status.startedAt };
  Object.assign(state, { status, problem: undefined, connection: 'live', lastSeen: Date.now() });
  render();
}

/** Reports are asked for one after the other, and not while nobody looks. */
async function followReports() {
  for (;;) {
    if (document.visibilityState === 'visible' && state.connection === 'live') await refreshReports();
    await new Promise((resolve) => setTimeout(resolve, state.reports.size === 0 ? 500 : REPORT_EVERY_MS));
  }
}

async function refreshReports() {
  for (const { feature } of state.status?.features ?? []) {
    try {
      state.reports.set(feature, { report: await readReport(feature) });
    } catch (error) {
      state.reports.set(feature, { ...state.reports.get(feature), problem: error.message });
    }
  }
  render();
}

connect({
  onStatus: received,
  onProblem: (message) => {
    state.problem = message;
    state.connection = 'live';
    render();
  },
  onLost: () => {
    if (state.connection !== 'lost') Object.assign(state, { connection: 'lost', since: Date.now() });
    render();
  },
});
installDialogs({
  featureOf: (name) => state.status?.features.find(({ feature }) => feature === name),
  changed: refreshReports,
});
render();
setInterval(() => state.connection === 'lost' && render(), 1_000);
followReports();
