import type { PreflightReport } from '../app/run-preflight.ts';
import { formatPlural, printable } from './format.ts';
import type { Palette } from './palette.ts';

type Finding = PreflightReport['findings'][number];

const groups = [
  { severity: 'error', title: 'Errors: fig up refuses to start capture', paint: 'red' },
  { severity: 'warning', title: 'Warnings', paint: 'yellow' },
  { severity: 'info', title: 'Good to know', paint: 'cyan' },
] as const;

/** `fig preflight` for people: what was looked at, then findings with remedies, the worst first. */
export function renderPreflight(report: PreflightReport, palette: Palette): string {
  if (report.database === undefined) {
    return `${palette.bold(report.migration)}  no feature has a captured read model, so no database is captured\n`;
  }
  const parts = [
    `${palette.bold(report.migration)}  ${report.database}\nslot and publication ${report.slot}; tables ${report.tables.join(', ')}`,
  ];
  for (const { severity, title, paint } of groups) {
    const findings = report.findings.filter((finding) => finding.severity === severity);
    if (findings.length === 0) continue;
    parts.push([palette.bold(title), ...findings.map((finding) => renderFinding(finding, palette, paint))].join('\n'));
  }
  parts.push(summary(report, palette));
  return `${parts.join('\n\n')}\n`;
}

function renderFinding(finding: Finding, palette: Palette, paint: 'red' | 'yellow' | 'cyan'): string {
  const { id, subject, problem, remedy } = finding;
  const head = `  ${palette[paint](printable(subject))}: ${printable(problem)} ${palette.dim(`[${id}]`)}`;
  return finding.severity === 'info' && remedy === 'Nothing to do.' ? head : `${head}\n    ${printable(remedy)}`;
}

function summary({ findings }: PreflightReport, palette: Palette): string {
  const count = (severity: Finding['severity']): number => findings.filter((f) => f.severity === severity).length;
  const errors = count('error');
  if (errors > 0) return palette.red(`${formatPlural(errors, 'error')}. Nothing was changed.`);
  const warnings = count('warning');
  const also = warnings === 0 ? '' : `, ${formatPlural(warnings, 'warning')}`;
  return palette.green(`Capture can start${also}. Nothing was changed.`);
}
