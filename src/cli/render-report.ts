import type { BothLatencies, FeatureReport, ReportGroup } from '../app/reports/feature-report.ts';
import { verdicts } from '../kernel/verdict.ts';
import { findingLines } from '../admin/page/finding.js';
import { ruleNotes } from '../admin/page/rule-notes.js';
import { conclusive } from './conclusive.ts';
import { formatBar, formatCount, formatMs, formatPlural, formatShare, printable } from './format.ts';
import { paintGate, type Palette } from './palette.ts';
import { renderLegacyVaries } from './report/legacy-varies.ts';
import { renderTable } from './render-table.ts';
import { timeText } from './report/html/time-text.ts';
import { describeRatio } from './report/sentences.ts';

/** `fig report FEATURE` for people, fitted to a terminal of so many columns. */
export function renderReport(report: FeatureReport, palette: Palette, columns: number): string {
  const parts = [
    head(report, palette),
    renderRoutes(report, palette),
    renderLatency(report.latency, palette),
    renderGroups(report, palette, columns),
    renderUncovered(report, palette),
    renderLegacyVaries(report.legacyVaries ?? [], palette),
    renderRules(report, palette),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function head(report: FeatureReport, palette: Palette): string {
  const { gate, comparisons } = report;
  const counts = verdicts
    .filter((verdict) => comparisons[verdict] > 0)
    .map((verdict) => `${formatCount(comparisons[verdict])} ${verdict}`);
  const left = gate.remaining === undefined ? '' : `, ${formatCount(gate.remaining)} clean comparisons to go`;
  const others = gate.blockers.slice(1);
  return [
    `${palette.bold(report.feature)}  reads ${palette.cyan(report.reads)}  match rate ${formatShare(report.matchRate)}`,
    counts.length === 0 ? palette.dim('nothing compared yet') : counts.join(', '),
    ...(conclusive(comparisons) === 0 ? [] : [`mismatch rate: ${report.bound.sentence}`]),
    ...(report.looked === undefined ? [] : [`looked at: ${report.looked.sentence}`]),
    ...(report.quarantined ?? []).map(({ route, tables }) =>
      palette.red(printable(`not compared: ${route} writes to ${tables.join(', ')}`)),
    ),
    '',
    `gate ${paintGate(gate.result, palette)}: ${printable(gate.reason)}`,
    ...others.map((other) => `     ${palette.dim('and')} ${printable(other)}`),
    gate.result === 'PASS' ? '' : `${formatBar(gate.progress)} ${formatShare(gate.progress)} of the proof${left}`,
  ]
    .join('\n')
    .trimEnd();
}

function renderRoutes(report: FeatureReport, palette: Palette): string {
  return renderTable(
    [
      { title: 'route' },
      ...(['match', 'mismatch', 'error', 'stale', 'raced', 'undetermined', 'kinds compared'] as const).map((title) => ({
        title,
        align: 'right' as const,
      })),
    ],
    report.routes.map(({ route, comparisons: c, kinds, comparedKinds }) => [
      route,
      ...[c.match, c.mismatch, c.error, c.stale, c.raced, c.undetermined].map(formatCount),
      kinds === 0 ? palette.dim('not asked for') : `${formatCount(comparedKinds)} of ${formatCount(kinds)}`,
    ]),
    palette,
  );
}

function renderLatency({ legacy, candidate }: BothLatencies, palette: Palette): string {
  if (legacy.p50Ms === undefined || candidate.p50Ms === undefined) return '';
  return renderTable(
    [
      { title: 'latency' },
      { title: 'p50', align: 'right' },
      { title: 'p95', align: 'right' },
      { title: 'p99', align: 'right' },
    ],
    [
      ['legacy', formatMs(legacy.p50Ms), formatMs(legacy.p95Ms), formatMs(legacy.p99Ms)],
      ['candidate', formatMs(candidate.p50Ms), formatMs(candidate.p95Ms), formatMs(candidate.p99Ms)],
      [
        'it is',
        describeRatio(legacy.p50Ms, candidate.p50Ms) ?? '-',
        describeRatio(legacy.p95Ms, candidate.p95Ms) ?? '-',
        describeRatio(legacy.p99Ms, candidate.p99Ms) ?? '-',
      ],
    ],
    palette,
  );
}

function renderGroups({ groups, comparisons }: FeatureReport, palette: Palette, columns: number): string {
  if (groups.length === 0) {
    return conclusive(comparisons) === 0 ? '' : palette.green('No differences: legacy and candidate agree.');
  }
  return `${palette.bold('Differences')}, what blocks most first\n${groupTable(groups, palette, columns)}`;
}

/** Groups with what they block, where they are, and both values; `name` goes before the place. */
export function groupTable(
  groups: readonly (ReportGroup & { readonly feature?: string | undefined })[],
  palette: Palette,
  columns: number,
): string {
  const total = Math.max(70, Math.min(columns, 160)) - 8 - 9 - 8;
  const value = Math.floor(total * 0.26);
  return renderTable(
    [
      { title: 'count', align: 'right', width: 8 },
      { title: 'blocks', align: 'right', width: 9 },
      { title: 'difference', width: total - 2 * value },
      { title: 'legacy', width: value },
      { title: 'candidate', width: value },
    ],
    groups.map((group) => groupRow(group, palette)),
    palette,
    { isRuled: true },
  );
}

function groupRow(group: ReportGroup & { readonly feature?: string | undefined }, palette: Palette): string[] {
  const sample = group.samples[0];
  const critical = group.critical ? ` ${palette.red('critical')}` : '';
  const feature = group.feature === undefined ? '' : `${palette.cyan(group.feature)}  `;
  const where = [
    `${feature}${palette.bold(printable(group.path))}  ${group.kind}${critical}`,
    `${group.route}  ${palette.dim(`group ${group.id}`)}`,
  ];
  if (!group.inStep) where.push(palette.dim('not seen in this step'));
  if (sample !== undefined) {
    where.push(palette.dim(`e.g. ${printable(sample.question)}`));
    if (sample.at !== group.path) where.push(palette.dim(`at ${printable(sample.at)}`));
  }
  for (const { label, code, text } of findingLines(group)) {
    where.push(`${palette.cyan(label)} ${code === undefined ? '' : `${printable(code)}  `}${printable(text)}`);
  }
  where.push(palette.dim(`seen ${timeText(group.firstSeen)} to ${timeText(group.lastSeen)}`));
  const shown = (text: string | undefined): string => (text === undefined ? palette.dim('(nothing)') : printable(text));
  const share = group.inStep ? formatShare(group.share) : palette.dim('-');
  return [formatCount(group.count), share, where.join('\n'), shown(sample?.legacy), shown(sample?.candidate)];
}

function renderUncovered({ uncovered }: FeatureReport, palette: Palette): string {
  if (uncovered.length === 0) return '';
  const lines = uncovered.map(
    ({ route, shape, seen }) => `  ${route}  ${printable(shape)}  asked ${formatCount(seen)}x`,
  );
  return `${palette.bold('Not compared yet')}, ${formatPlural(lines.length, 'kind')} of request\n${lines.join('\n')}`;
}

function renderRules({ rules }: FeatureReport, palette: Palette): string {
  const lines = rules.map(
    (rule) =>
      `  ${rule.rule.padEnd(9)}  ${printable(rule.where)}  ${palette.dim(printable([rule.detail, ...ruleNotes(rule)].join('; ')))}`,
  );
  return lines.length === 0 ? '' : `${palette.bold('Rules in force')}\n${lines.join('\n')}`;
}
