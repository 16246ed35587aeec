import type { GroupOutcome, LeftOut, ReplayGroup, ReplayReport } from '../../app/replay/replay-report.ts';
import { verdicts } from '../../kernel/verdict.ts';
import { formatCount, formatPlural, printable } from '../format.ts';
import type { Palette } from '../palette.ts';
import { renderTable } from '../render-table.ts';
import { reasonWords } from './reason-words.ts';

const SHOWN = 3;

/** A replay for people, fitted to a terminal of so many columns. */
export function renderReplay(report: ReplayReport, palette: Palette, columns: number): string {
  const parts = [
    head(report, palette),
    renderOutcomes(report.outcomes, palette),
    renderGroups(report.groups, palette, columns),
    renderLeft(report.left, palette),
    report.notes.map((note) => palette.dim(printable(note))).join('\n'),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function head({ verdicts: counts, stopped }: ReplayReport, palette: Palette): string {
  const said = verdicts
    .filter((verdict) => counts[verdict] > 0)
    .map((verdict) => `${formatCount(counts[verdict])} ${verdict}`);
  const lines = [said.length === 0 ? palette.yellow('nothing was compared') : palette.bold(said.join(', '))];
  if (stopped !== undefined) lines.push(palette.red(`stopped: ${printable(stopped)}`));
  return lines.join('\n');
}

/** What became of groups, a line each. */
export function renderOutcomes(outcomes: readonly GroupOutcome[], palette: Palette): string {
  return renderTable(
    [{ title: 'group' }, { title: '' }, { title: 'difference' }, { title: 'route' }, { title: 'of its questions' }],
    outcomes.map((group) => [
      group.id,
      paintOutcome(group, palette),
      `${palette.bold(printable(group.path))} ${group.kind}${group.critical ? ` ${palette.red('critical')}` : ''}`,
      group.route,
      counted(group),
    ]),
    palette,
  );
}

function paintOutcome({ outcome }: GroupOutcome, palette: Palette): string {
  if (outcome === 'gone') return palette.green('gone');
  return outcome === 'remains' ? palette.red('remains') : palette.yellow('undetermined');
}

/** `3 differ, 1 tells nothing (...)` */
export function counted({ gone, remains, undetermined, reasons }: GroupOutcome): string {
  const parts = [
    ...(remains > 0 ? [`${formatCount(remains)} differ`] : []),
    ...(gone > 0 ? [`${formatCount(gone)} agree`] : []),
    ...(undetermined > 0 ? [`${formatCount(undetermined)} tell nothing (${reasons.map(reasonWords).join('; ')})`] : []),
  ];
  return parts.join(', ');
}

function renderGroups(groups: readonly ReplayGroup[], palette: Palette, columns: number): string {
  if (groups.length === 0) return '';
  const total = Math.max(70, Math.min(columns, 160)) - 8 - 6;
  const value = Math.floor(total * 0.28);
  const shown = (text: string | undefined): string => (text === undefined ? palette.dim('(nothing)') : printable(text));
  const table = renderTable(
    [
      { title: 'count', align: 'right', width: 8 },
      { title: 'difference', width: total - 2 * value },
      { title: 'legacy', width: value },
      { title: 'candidate', width: value },
    ],
    groups.map(({ id, route, path, kind, critical, count, samples: [sample] }) => [
      formatCount(count),
      [
        `${palette.bold(printable(path))}  ${kind}${critical ? ` ${palette.red('critical')}` : ''}`,
        `${route}  ${palette.dim(`group ${id}`)}`,
        ...(sample ? [palette.dim(`e.g. ${printable(sample.question)}`)] : []),
        ...(sample && sample.at !== path ? [palette.dim(`at ${printable(sample.at)}`)] : []),
      ].join('\n'),
      shown(sample?.legacy),
      shown(sample?.candidate),
    ]),
    palette,
    { isRuled: true },
  );
  return `${palette.bold('Differences now')}\n${table}`;
}

function renderLeft(left: readonly LeftOut[], palette: Palette): string {
  if (left.length === 0) return '';
  const lines = left.flatMap(({ reason, count, questions }) => [
    `  ${formatCount(count)}  ${reasonWords(reason)}`,
    ...questions.slice(0, SHOWN).map((question) => palette.dim(`       ${printable(question)}`)),
    ...(count > SHOWN ? [palette.dim(`       and ${formatPlural(count - SHOWN, 'other')}`)] : []),
  ]);
  return `${palette.bold('Not compared')}\n${lines.join('\n')}`;
}
