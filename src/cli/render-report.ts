import type { FeatureReport, ReportGroup } from '../app/control.ts';
import { verdicts } from '../kernel/verdict.ts';
import { formatBar, formatCount, formatShare, printable } from './format.ts';
import { paintGate, type Palette } from './palette.ts';
import { conclusive } from './render-status.ts';
import { renderTable } from './render-table.ts';

/** `fig report` for people, fitted to a terminal of so many columns. */
export function renderReport(report: FeatureReport, palette: Palette, columns: number): string {
  const parts = [head(report, palette), renderRoutes(report, palette), renderGroups(report, palette, columns)];
  if (report.uncovered.length > 0) {
    const lines = report.uncovered.map(({ route, shape, seen }) => `  ${route}  ${shape}  asked ${formatCount(seen)}x`);
    parts.push(`${palette.bold('Not compared yet')}\n${lines.join('\n')}`);
  }
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function head(report: FeatureReport, palette: Palette): string {
  const { gate, comparisons } = report;
  const counts = verdicts
    .filter((verdict) => comparisons[verdict] > 0)
    .map((verdict) => `${formatCount(comparisons[verdict])} ${verdict}`);
  const left = gate.remaining === undefined ? '' : `, ${formatCount(gate.remaining)} clean comparisons to go`;
  return [
    `${palette.bold(report.feature)}  reads ${palette.cyan(report.reads)}  match rate ${formatShare(report.matchRate)}`,
    counts.length === 0 ? palette.dim('nothing compared yet') : counts.join(', '),
    '',
    `gate ${paintGate(gate.result, palette)}: ${gate.reason}`,
    gate.result === 'PASS' ? '' : `${formatBar(gate.progress)} ${formatShare(gate.progress)} of the proof${left}`,
  ]
    .join('\n')
    .trimEnd();
}

function renderRoutes(report: FeatureReport, palette: Palette): string {
  return renderTable(
    [
      { title: 'route' },
      ...(['match', 'mismatch', 'error', 'stale', 'raced', 'undetermined'] as const).map((title) => ({
        title,
        align: 'right' as const,
      })),
    ],
    report.routes.map(({ route, comparisons: c }) => [
      route,
      ...[c.match, c.mismatch, c.error, c.stale, c.raced, c.undetermined].map(formatCount),
    ]),
    palette,
  );
}

function renderGroups({ groups, comparisons }: FeatureReport, palette: Palette, columns: number): string {
  if (groups.length === 0) {
    return conclusive(comparisons) === 0 ? '' : palette.green('No differences: legacy and candidate agree.');
  }
  const total = Math.max(70, Math.min(columns, 160)) - 8 - 6;
  const value = Math.floor(total * 0.26);
  const table = renderTable(
    [
      { title: 'count', align: 'right', width: 8 },
      { title: 'difference', width: total - 2 * value },
      { title: 'legacy', width: value },
      { title: 'candidate', width: value },
    ],
    groups.map((group) => groupRow(group, palette)),
    palette,
    { isRuled: true },
  );
  return `${palette.bold('Differences')}\n${table}`;
}

function groupRow(group: ReportGroup, palette: Palette): string[] {
  const sample = group.samples[0];
  const critical = group.critical ? ` ${palette.red('critical')}` : '';
  const where = [`${palette.bold(printable(group.path))}  ${group.kind}${critical}`, group.route];
  if (sample !== undefined) {
    where.push(palette.dim(`e.g. ${printable(sample.question)}`));
    if (sample.at !== group.path) where.push(palette.dim(`at ${printable(sample.at)}`));
  }
  const shown = (text: string | undefined): string => (text === undefined ? palette.dim('(nothing)') : printable(text));
  return [formatCount(group.count), where.join('\n'), shown(sample?.legacy), shown(sample?.candidate)];
}
