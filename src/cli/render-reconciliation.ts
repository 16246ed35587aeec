import type { ReconcileReport, ReconciliationStatus } from '../app/control.ts';
import { formatCount, formatDuration, formatMs, printable } from './format.ts';
import type { Palette } from './palette.ts';
import { renderTable } from './render-table.ts';

const SHOWN_SAMPLES = 10;

/** `fig reconcile` for people. */
export function renderReconciliation(report: ReconcileReport, palette: Palette): string {
  const took = formatMs(Date.parse(report.finishedAt) - Date.parse(report.startedAt));
  const table = renderTable(
    [
      { title: 'table' },
      ...(['rows', 'missing', 'extra', 'different', 'undetermined', 'repaired'] as const).map((title) => ({
        title,
        align: 'right' as const,
      })),
    ],
    report.parts.map((part) => [
      part.name,
      ...[part.rows, part.missing, part.extra, part.different, part.undetermined, part.repaired].map(formatCount),
    ]),
    palette,
  );
  const samples = report.samples
    .slice(0, SHOWN_SAMPLES)
    .map(({ part, kind, key }) => `  ${part} ${printable(key)}: ${kind}`);
  const hint = report.state === 'different' && !report.repair ? [palette.dim('--repair puts right what differs')] : [];
  return `${[
    `${palette.bold(report.feature)}  ${paintState(report.state, palette)}: ${report.summary} (${took})`,
    '',
    table,
    ...(samples.length > 0 ? ['', ...samples] : []),
    ...hint,
  ].join('\n')}\n`;
}

/** One line of `fig status`. */
export function reconciliationLine(
  { state, summary, finishedAt }: ReconciliationStatus,
  palette: Palette,
  now: number,
): string {
  const ago = formatDuration(now - Date.parse(finishedAt));
  return `compared with legacy ${ago} ago: ${state === 'clean' ? summary : paintState(state, palette, summary)}`;
}

function paintState(state: ReconciliationStatus['state'], palette: Palette, text: string = state): string {
  if (state === 'clean' || state === 'repaired') return palette.green(text);
  return state === 'undetermined' ? palette.yellow(text) : palette.red(text);
}
