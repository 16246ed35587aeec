import type { PreflightReport } from '../app/preflight/run-preflight.ts';
import { formatPlural, printable } from './format.ts';
import type { Palette } from './palette.ts';

type Finding = PreflightReport['findings'][number];

const groups = [
  { severity: 'error', title: 'Errors', paint: 'red' },
  { severity: 'warning', title: 'Warnings', paint: 'yellow' },
  { severity: 'info', title: 'Good to know', paint: 'cyan' },
] as const;

/** `fig preflight` for people: what was looked at, then findings with remedies, the worst first. */
export function renderPreflight(report: PreflightReport, palette: Palette): string {
  const isCaptured = report.database !== undefined;
  const about = isCaptured
    ? `${report.database}\nslot and publication ${report.slot}; tables ${report.tables.join(', ')}`
    : 'no feature has a captured read model, so no database is captured';
  const parts = [`${palette.bold(report.migration)}  ${about}`];
  for (const { severity, title, paint } of groups) {
    const findings = report.findings.filter((finding) => finding.severity === severity);
    if (findings.length === 0) continue;
    const heading = isCaptured && severity === 'error' ? `${title}: fig up refuses to start capture` : title;
    parts.push(
      [palette.bold(heading), ...findings.map((finding) => renderFinding(finding, palette, paint))].join('\n'),
    );
  }
  if (isCaptured || report.findings.length > 0) parts.push(summary(report, palette));
  return `${parts.join('\n\n')}\n`;
}

function renderFinding(finding: Finding, palette: Palette, paint: 'red' | 'yellow' | 'cyan'): string {
  const { id, subject, problem, remedy } = finding;
  const head = `  ${palette[paint](printable(subject))}: ${printable(problem)} ${palette.dim(`[${id}]`)}`;
  return finding.severity === 'info' && remedy === 'Nothing to do.' ? head : `${head}\n    ${printable(remedy)}`;
}

function summary({ database, findings }: PreflightReport, palette: Palette): string {
  const count = (severity: Finding['severity']): number => findings.filter((f) => f.severity === severity).length;
  const errors = count('error');
  if (errors > 0) return palette.red(`${formatPlural(errors, 'error')}. Nothing was changed.`);
  const warnings = count('warning');
  const also = warnings === 0 ? '' : `, ${formatPlural(warnings, 'warning')}`;
  const verdict = database === undefined ? 'No errors' : 'Capture can start';
  return palette.green(`${verdict}${also}. Nothing was changed.`);
}
