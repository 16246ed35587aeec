import { inDays } from '../admin/page/rule-notes.js';
import type { ExpiringRule } from '../app/reports/expiring-rules.ts';
import type { FeatureStatus, LoadStatus, StatusReport, VersionReport } from '../app/control.ts';
import type { ObservedRoute } from '../app/serving/traffic-status.ts';
import { conclusive } from './conclusive.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMs,
  formatPlural,
  formatSeconds,
  formatShare,
  printable,
} from './format.ts';
import { paintGate, type Palette } from './palette.ts';
import { renderEvents } from './render-events.ts';
import { renderProcesses } from './render-processes.ts';
import { reconciliationLine } from './render-reconciliation.ts';
import { renderTable } from './render-table.ts';
import { renderTransport } from './render-transport.ts';

/** `fig status` for people. `now` in milliseconds since the epoch. */
export function renderStatus(status: StatusReport, palette: Palette, now: number = Date.now()): string {
  const mode = status.mode === 'observe' ? 'observing' : 'migration';
  const parts = [
    `${palette.bold(status.name)}  ${mode}, up ${formatDuration(now - Date.parse(status.startedAt))}`,
    facts(status, palette),
    renderProcesses(status.processes ?? [], palette),
    renderTransport(status.transport, palette, now),
    renderEvents(status.events, palette, now),
    status.features.length > 0
      ? renderFeatures(status.features, palette, now)
      : renderRoutes(status.traffic.routes, palette),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function facts(
  { killSwitch, storeError, addresses, capture, traffic, load, shadow }: StatusReport,
  palette: Palette,
): string {
  const lines: [string, string][] = [
    ...killSwitchLines(killSwitch, palette),
    ...(storeError === undefined ? [] : [['control', palette.red(storeError)] satisfies [string, string]]),
    ['proxy', addresses.proxy],
    ['legacy', addresses.legacy],
    ['status page', addresses.admin],
    ['requests', requestsText(traffic)],
  ];
  if (load) lines.push(['load', loadText(load)]);
  if (capture) {
    const lag = `${formatSeconds(capture.lagSeconds)} behind (${formatBytes(capture.lagBytes)})`;
    const state = capture.state === 'streaming' ? capture.state : palette.yellow(capture.state);
    lines.push(['capture', `${state}, ${lag}${capture.error === undefined ? '' : `: ${palette.red(capture.error)}`}`]);
  }
  if (shadow) {
    const { 'over-budget': overBudget = 0, 'not-sampled': notSampled = 0, ...lost } = shadow.dropped;
    const left = overBudget + notSampled;
    const dropped = Object.values(lost).reduce((sum, n) => sum + n, 0);
    lines.push([
      'shadow',
      [
        `${formatCount(shadow.compared)} compared`,
        ...(left > 0 ? [`${formatCount(left)} not chosen (${formatCount(Math.round(shadow.perSecond))}/s are)`] : []),
        `${formatCount(shadow.queued)} waiting`,
        `${formatCount(dropped)} dropped`,
      ].join(', '),
    ]);
  }
  return lines.map(([label, text]) => `${palette.dim(label.padEnd(12))}${text}`).join('\n');
}

function loadText({ connections, streams, upstreamWaiting, refused, workers }: LoadStatus): string {
  const refusals = Object.entries(refused).filter(([, n]) => n > 0);
  const turnedAway = refusals.map(([reason, n]) => `${formatCount(n)} ${reason}`).join(', ');
  return [
    ...(workers ? [`${workers.length} workers`] : []),
    `${formatCount(connections)} connections (${formatCount(streams)} streams)`,
    ...(upstreamWaiting > 0 ? [`${formatCount(upstreamWaiting)} waiting for legacy`] : []),
    ...(turnedAway === '' ? [] : [`refused: ${turnedAway}`]),
  ].join(', ');
}

/** First of all facts: nothing else matters while it is on. */
function killSwitchLines(killSwitch: StatusReport['killSwitch'], palette: Palette): [string, string][] {
  if (killSwitch?.on !== true) return [];
  const why = killSwitch.why === undefined || killSwitch.why === '' ? '' : `: ${killSwitch.why}`;
  return [['kill switch', palette.red(`ON, all reads go to legacy (${killSwitch.who ?? 'unknown'}${why})`)]];
}

function requestsText(traffic: StatusReport['traffic']): string {
  const fallbacks = Object.entries(traffic.fallbacks).map(([reason, n]) => `${formatCount(n)} ${reason}`);
  const fell = fallbacks.length === 0 ? '' : `, fallbacks: ${fallbacks.join(', ')}`;
  const { legacy, candidate } = traffic.servedBy;
  return `${formatCount(traffic.requests)} (legacy ${formatCount(legacy)}, candidate ${formatCount(candidate)}${fell})`;
}

function renderFeatures(features: readonly FeatureStatus[], palette: Palette, now: number): string {
  const table = renderTable(
    [
      { title: 'feature' },
      { title: 'reads' },
      { title: 'compared', align: 'right' },
      { title: 'match', align: 'right' },
      { title: 'legacy p95', align: 'right' },
      { title: 'candidate p95', align: 'right' },
      { title: 'read model' },
      { title: 'gate' },
    ],
    features.map((feature) => [
      palette.bold(feature.feature),
      palette.cyan(feature.reads),
      formatCount(conclusive(feature.comparisons)),
      formatShare(feature.matchRate),
      formatMs(feature.legacyP95Ms),
      formatMs(feature.candidateP95Ms),
      readModelText(feature.readModel, palette, now),
      paintGate(feature.gate.result, palette),
    ]),
    palette,
  );
  const reasons = features.map(({ feature, gate }) => `${palette.bold(feature)}: ${gate.reason}`);
  const compared = features.flatMap(({ feature, readModel }) => {
    const last = readModel?.reconciliation;
    return last ? [`${palette.bold(feature)}: ${reconciliationLine(last, palette, now)}`] : [];
  });
  const versions = features.flatMap((feature) => (feature.versions ?? []).map((each) => versionLine(each, palette)));
  const quarantined = features.flatMap((feature) =>
    (feature.quarantined ?? []).map(
      ({ route, tables }) =>
        `${palette.bold(feature.feature)}: ${palette.red(printable(`${route} is not compared, it writes to ${tables.join(', ')}`))}`,
    ),
  );
  const expiring = features.flatMap((feature) =>
    (feature.expiring ?? []).map((rule) => `${palette.bold(feature.feature)}: ${palette.yellow(expiryLine(rule))}`),
  );
  return `${table}\n\n${[...reasons, ...compared, ...quarantined, ...expiring, ...versions].join('\n')}`;
}

function expiryLine({ rule, route, expires, daysLeft }: ExpiringRule): string {
  const of = route === undefined ? '' : ` of ${route}`;
  return printable(`the rule ${rule}${of} expires on ${expires}, ${inDays(daysLeft)}, and then fails the gate`);
}

/** `orders@2  waits, 0/4A1C2F8, 40 ms behind: 350 of 354 clean comparisons so far` */
function versionLine(report: VersionReport, palette: Palette): string {
  const { feature, version, serves, state, position, lagSeconds, deadLetters = 0, gate } = report;
  const parts = [
    serves ? palette.cyan('serves') : 'waits',
    ...(state === 'ready' ? [] : [palette.yellow(`${state} ${formatShare(report.progress)}`)]),
    ...(position === undefined ? [] : [position, `${formatSeconds(lagSeconds)} behind`]),
    ...(deadLetters === 0 ? [] : [palette.red(formatPlural(deadLetters, 'dead letter'))]),
  ];
  return `${palette.bold(`${feature}@${version}`)}  ${parts.join(', ')}${gate ? `: ${gate.reason}` : ''}`;
}

function readModelText(readModel: FeatureStatus['readModel'], palette: Palette, now: number): string {
  if (readModel === undefined) return '-';
  const name = `${readModel.name} v${readModel.version}`;
  const { deadLetters = 0 } = readModel;
  const letters = deadLetters === 0 ? '' : `, ${formatCount(deadLetters)} dead letter${deadLetters === 1 ? '' : 's'}`;
  if (readModel.state === 'ready' && deadLetters > 0) return palette.yellow(`${name} ready${letters}`);
  if (readModel.state === 'paused') return palette.red(`${name} paused${letters}`);
  const { topics } = readModel;
  if (readModel.state === 'ready' && topics) {
    return `${name}, ${formatCount(topics.behind)} behind, ${formatSeconds(topics.lagSeconds)}`;
  }
  if (readModel.state === 'ready') return readModel.batch ? batchText(name, readModel, palette, now) : `${name} ready`;
  if (readModel.state === 'failed') return palette.red(`${name} failed`);
  return palette.yellow(`${name} ${readModel.state} ${formatShare(readModel.progress)}`);
}

/** `prices v1, 12 min old, next in 48 min` */
function batchText(
  name: string,
  { batch, error }: NonNullable<FeatureStatus['readModel']>,
  palette: Palette,
  now: number,
): string {
  const { loadedFrom, nextAt, failures = 0 } = batch ?? {};
  const age = loadedFrom === undefined ? '' : `, ${formatDuration(now - Date.parse(loadedFrom))} old`;
  if (failures > 0) return palette.red(`${name}${age}, ${failures} failed: ${printable(error ?? '')}`);
  return `${name}${age}, ${nextAt === undefined ? 'loading' : `next in ${formatDuration(Date.parse(nextAt) - now)}`}`;
}

/** The routes seen so far, busiest first. */
export function renderRoutes(routes: readonly ObservedRoute[], palette: Palette): string {
  return renderTable(
    [
      { title: 'route' },
      { title: 'requests', align: 'right' },
      { title: 'answers' },
      { title: 'p50', align: 'right' },
      { title: 'p95', align: 'right' },
    ],
    routes.map((route) => [
      `${route.method.padEnd(6)} ${route.path}`,
      formatCount(route.requests),
      Object.entries(route.statuses)
        .map(([status, n]) => `${status} ${formatCount(n)}`)
        .join(', '),
      formatMs(route.p50Ms),
      formatMs(route.p95Ms),
    ]),
    palette,
  );
}
