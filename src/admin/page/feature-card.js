import { h } from './dom.js';
import { ago, count, milliseconds, percent, plural, seconds } from './format.js';
import { differences } from './differences.js';
import { inDays } from './rule-notes.js';
import { versions } from './versions.js';
import { gateWords, verdictWords } from './words.js';

const phases = [
  ['legacy', 'Legacy', 'legacy answers'],
  ['shadow', 'Shadow', 'answers compared'],
  ['canary', 'Canary', 'some visitors'],
  ['live', 'Live', 'candidate answers'],
];

export function featureCard(feature, status, entry) {
  const name = feature.feature;
  return h(
    'section',
    { class: 'card feature', data: { key: `feature-${name}`, feature: name }, 'aria-labelledby': `feature-${name}` },
    h(
      'div',
      { class: 'card-head' },
      h(
        'div',
        {},
        h('h2', { id: `feature-${name}` }, name),
        h(
          'p',
          { class: 'sub' },
          plural(feature.routes.length, 'route'),
          readModelText(feature.readModel),
          h(
            'span',
            { class: 'quiet', title: 'Fingerprint of the code and rules that the evidence is about' },
            ` · ${feature.fingerprint.slice(0, 8)}`,
          ),
        ),
      ),
      h(
        'div',
        { class: 'actions' },
        h(
          'button',
          {
            type: 'button',
            class: 'quiet-button',
            data: { action: 'rollback', feature: name },
            disabled: feature.phase === 'legacy',
          },
          'Roll back…',
        ),
        h(
          'button',
          {
            type: 'button',
            class: 'main-button',
            data: { action: 'promote', feature: name },
            disabled: feature.phase === 'live',
          },
          'Promote…',
        ),
      ),
    ),
    readModelNotice(feature.readModel),
    reconciliationNotice(feature.readModel?.reconciliation),
    quarantineNotice(feature.quarantined),
    expiryNotice(feature.expiring),
    versions(feature),
    steps(feature),
    h('div', { class: 'columns' }, evidence(feature, entry?.report), gate(feature, status, entry?.report)),
    differences(name, entry),
  );
}

function quarantineNotice(quarantined = []) {
  if (quarantined.length === 0) return undefined;
  return h(
    'div',
    { class: 'notice bad', role: 'status', data: { key: 'quarantine' } },
    h('strong', {}, quarantined.length === 1 ? 'A route is not compared: ' : 'Routes are not compared: '),
    quarantined.length === 1 ? 'its reads write to legacy.' : 'their reads write to legacy.',
    h(
      'ul',
      {},
      quarantined.map(({ route, tables, since }) =>
        h('li', {}, h('code', {}, route), ` writes to ${tables.join(', ')}, found ${ago(since)}`),
      ),
    ),
    h('span', { class: 'quiet' }, 'See fig quarantine --help.'),
  );
}

function expiryNotice(rules = []) {
  if (rules.length === 0) return undefined;
  return h(
    'div',
    { class: 'notice plain', role: 'status', data: { key: 'expiring' } },
    h('strong', {}, rules.length === 1 ? 'A rule expires soon' : 'Rules expire soon'),
    rules.length === 1 ? ' and then fails the gate.' : ' and then fail the gate.',
    h(
      'ul',
      {},
      rules.map(({ rule, route, expires, daysLeft }) =>
        h('li', {}, h('code', { dir: 'auto' }, rule), route && ` of ${route}`, ` on ${expires}, ${inDays(daysLeft)}`),
      ),
    ),
  );
}

function readModelText(readModel) {
  if (!readModel) return '';
  const rows = readModel.rows === undefined ? '' : `, ${plural(readModel.rows, 'row')}`;
  const letters = readModel.deadLetters ? `, ${plural(readModel.deadLetters, 'dead letter')}` : '';
  const { loadedFrom, failures } = readModel.batch ?? {};
  const loaded = loadedFrom === undefined ? '' : `, loaded ${ago(loadedFrom)}`;
  const failed = failures > 0 ? `, ${failures} failed since` : '';
  return ` · ${readModel.name} v${readModel.version}${rows}${letters}${loaded}${failed}`;
}

function readModelNotice(readModel) {
  if (!readModel || readModel.state === 'ready') return undefined;
  if (readModel.state === 'failed') {
    return h(
      'div',
      { class: 'notice bad', role: 'alert' },
      h('strong', {}, 'The read model failed.'),
      ' ',
      readModel.error ?? '',
      ' Reads stay with legacy.',
    );
  }
  if (readModel.state === 'paused') {
    return h(
      'div',
      { class: 'notice bad', role: 'alert' },
      h('strong', {}, 'The read model is paused.'),
      ' ',
      readModel.error ?? '',
      ' Reads go to legacy; see fig dead-letters list.',
    );
  }
  const words = {
    waiting: 'The read model waits for its sources',
    copying: 'Copying the legacy tables',
    building: 'Building the read model',
  };
  return h(
    'div',
    { class: 'notice plain' },
    h(
      'div',
      { class: 'meter-head' },
      h('strong', {}, words[readModel.state]),
      h('span', {}, percent(readModel.progress)),
    ),
    meter(readModel.progress, 'accent', `${words[readModel.state]}: ${percent(readModel.progress)}`),
  );
}

/** Nothing while all is well; the fact is in the gate's panel. */
function reconciliationNotice(last) {
  if (!last || last.state === 'clean' || last.state === 'repaired') return undefined;
  return h(
    'div',
    { class: `notice ${last.state === 'different' ? 'bad' : 'plain'}`, role: 'status' },
    h('strong', {}, 'Compared with legacy: '),
    last.summary,
    '.',
  );
}

function steps(feature) {
  const at = phases.findIndex(([phase]) => phase === feature.phase);
  return h(
    'ol',
    { class: 'steps', 'aria-label': `Phase of the reads: ${feature.reads}` },
    phases.map(([phase, title, hint], i) => {
      const isCurrent = i === at;
      const text = phase === 'canary' && isCurrent ? `${feature.percent} % of visitors` : hint;
      return h(
        'li',
        { class: isCurrent ? 'current' : i < at ? 'past' : 'ahead', 'aria-current': isCurrent ? 'step' : undefined },
        h('span', { class: 'bead', 'aria-hidden': 'true' }),
        h('span', { class: 'step-title' }, title),
        h('span', { class: 'step-hint' }, text),
        phase === 'canary' &&
          isCurrent &&
          h('span', { class: 'share', 'aria-hidden': 'true' }, h('i', { style: { width: `${feature.percent}%` } })),
      );
    }),
  );
}

function evidence(feature, report) {
  const { comparisons } = feature;
  const all = Object.keys(verdictWords).reduce((sum, verdict) => sum + (comparisons[verdict] ?? 0), 0);
  const shown = Object.keys(verdictWords).filter((verdict) => comparisons[verdict] > 0);
  return h(
    'div',
    { class: 'panel' },
    h('h3', {}, 'Evidence'),
    h(
      'p',
      { class: 'big' },
      percent(feature.matchRate),
      h('span', {}, feature.matchRate === undefined ? ' no verdict yet' : ' of the answers match'),
    ),
    all === 0
      ? h(
          'p',
          { class: 'quiet' },
          feature.phase === 'legacy'
            ? 'Nothing is compared in this phase. Promote to shadow to begin.'
            : 'The first comparisons appear as soon as visitors ask.',
        )
      : [
          h(
            'div',
            {
              class: 'stack',
              role: 'img',
              'aria-label': shown
                .map((verdict) => `${count(comparisons[verdict])} ${verdictWords[verdict]}`)
                .join(', '),
            },
            shown.map((verdict) =>
              h('i', {
                class: verdict,
                style: { 'flex-grow': String(comparisons[verdict]) },
                title: `${verdictWords[verdict]}: ${count(comparisons[verdict])}`,
              }),
            ),
          ),
          h(
            'ul',
            { class: 'legend' },
            shown.map((verdict) =>
              h(
                'li',
                {},
                h('i', { class: verdict, 'aria-hidden': 'true' }),
                h('b', {}, count(comparisons[verdict])),
                ` ${verdictWords[verdict]}`,
              ),
            ),
          ),
          report && h('p', { class: 'bound' }, `Mismatch rate: ${report.bound.sentence}.`),
          report?.looked && h('p', { class: 'bound' }, `Looked at ${report.looked.sentence}.`),
          report && byRoute(report.routes),
        ],
  );
}

function byRoute(routes) {
  const rated = routes
    .map(({ route, comparisons: { match, mismatch, error } }) => ({ route, match, all: match + mismatch + error }))
    .filter(({ all }) => all > 0);
  if (rated.length === 0) return undefined;
  return h(
    'ul',
    { class: 'by-route', 'aria-label': 'Match rate by route' },
    rated
      .toSorted((a, b) => a.match / a.all - b.match / b.all)
      .slice(0, 4)
      .map(({ route, match, all }) => h('li', {}, h('code', {}, route), h('span', {}, percent(match / all)))),
  );
}

function gate(feature, status, report) {
  const { result, reason, progress, remaining } = feature.gate;
  const [tone, word] = gateWords[result];
  const left =
    result === 'PASS'
      ? 'proof complete'
      : remaining === undefined
        ? 'cannot pass as it is'
        : `${plural(remaining, 'clean comparison')} to go`;
  return h(
    'div',
    { class: 'panel' },
    h('div', { class: 'meter-head' }, h('h3', {}, 'Gate'), h('span', { class: `pill ${tone}` }, word)),
    h('p', { class: 'reason' }, reason),
    report && alsoInTheWay(report.gate.blockers.slice(1)),
    meter(progress, tone, `Proof: ${percent(progress)}, ${left}`),
    h('p', { class: 'meter-foot' }, h('span', {}, left), h('span', {}, percent(progress))),
    h(
      'dl',
      { class: 'facts' },
      fact('Legacy p95', milliseconds(feature.legacyP95Ms), otherPercentiles(report?.latency.legacy)),
      fact(
        'Candidate p95',
        milliseconds(feature.candidateP95Ms),
        ratio(feature),
        otherPercentiles(report?.latency.candidate),
      ),
      fact('Lag', status.capture ? seconds(status.capture.lagSeconds) : '–'),
      comparedFact(feature.readModel?.reconciliation),
    ),
  );
}

function comparedFact(last) {
  if (!last) return undefined;
  const ago = seconds(Math.max(0, (Date.now() - Date.parse(last.finishedAt)) / 1000));
  return fact('Compared with legacy', last.state, `${ago} ago: ${last.summary}`);
}

function ratio({ legacyP95Ms, candidateP95Ms }) {
  if (!legacyP95Ms || !candidateP95Ms) return undefined;
  const times = legacyP95Ms / candidateP95Ms;
  return times >= 1.15
    ? `${times.toFixed(1)}× faster`
    : times <= 0.87
      ? `${(1 / times).toFixed(1)}× slower`
      : 'about equal';
}

function alsoInTheWay(blockers) {
  if (blockers.length === 0) return undefined;
  return h(
    'ul',
    { class: 'quiet also', 'aria-label': 'Also in the way' },
    blockers.map((blocker) => h('li', {}, `and ${blocker}`)),
  );
}

function otherPercentiles(latency) {
  if (latency?.p50Ms === undefined) return undefined;
  return `p50 ${milliseconds(latency.p50Ms)}, p99 ${milliseconds(latency.p99Ms)}`;
}

function fact(label, value, ...hints) {
  return h(
    'div',
    {},
    h('dt', {}, label),
    h(
      'dd',
      {},
      value,
      hints.map((hint) => hint && h('small', {}, hint)),
    ),
  );
}

export function meter(share, tone, label) {
  const now = Math.round(Math.min(1, Math.max(0, share)) * 100);
  return h(
    'div',
    {
      class: `meter ${tone}`,
      role: 'progressbar',
      'aria-label': label,
      'aria-valuenow': now,
      'aria-valuemin': 0,
      'aria-valuemax': 100,
    },
    h('i', { style: { width: `${Math.min(1, Math.max(0, share)) * 100}%` } }),
  );
}
