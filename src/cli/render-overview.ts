import { conclusive } from './conclusive.ts';
import { formatCount, formatPlural, formatShare, printable } from './format.ts';
import { paintGate, type Palette } from './palette.ts';
import { groupTable } from './render-report.ts';
import { renderTable } from './render-table.ts';
import { rankAcross, type MigrationReport } from './report/migration-report.ts';

const SHOWN = 10;

/** `fig report` of all features: a line each, why each gate says what it says, then the groups that block most. */
export function renderOverview(report: MigrationReport, palette: Palette, columns: number): string {
  const { name, features } = report;
  const table = renderTable(
    [
      { title: 'feature' },
      { title: 'reads' },
      { title: 'compared', align: 'right' },
      { title: 'match', align: 'right' },
      { title: 'groups', align: 'right' },
      { title: 'gate' },
    ],
    features.map(({ feature, reads, comparisons, matchRate, groups, gate }) => [
      palette.bold(feature),
      palette.cyan(reads),
      formatCount(conclusive(comparisons)),
      formatShare(matchRate),
      formatCount(groups.filter(({ inStep }) => inStep).length),
      paintGate(gate.result, palette),
    ]),
    palette,
  );
  const reasons = features.map(({ feature, gate }) => `${palette.bold(feature)}: ${printable(gate.reason)}`);
  const parts = [palette.bold(name), table, reasons.join('\n'), blockers(report, palette, columns)];
  return `${parts.join('\n\n')}\n`;
}

function blockers({ features }: MigrationReport, palette: Palette, columns: number): string {
  const ranked = rankAcross(features);
  if (ranked.length === 0) {
    const total = features.reduce((sum, { comparisons }) => sum + conclusive(comparisons), 0);
    return total === 0
      ? palette.dim('nothing compared yet')
      : palette.green(`No differences in ${formatPlural(total, 'comparison')}.`);
  }
  const left = ranked.length - SHOWN;
  const more = left <= 0 ? '' : `\n${palette.dim(`${formatPlural(left, 'more group')}: fig report FEATURE`)}`;
  return `${palette.bold('What blocks most')}\n${groupTable(ranked.slice(0, SHOWN), palette, columns)}${more}`;
}
