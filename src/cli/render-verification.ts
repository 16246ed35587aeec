import type { VerificationReport } from '../app/control.ts';
import { formatCount, formatPlural, printable } from './format.ts';
import type { Palette } from './palette.ts';

type Difference = VerificationReport['differences'][number];

/** `fig verify-model` for people. */
export function renderVerification(report: VerificationReport, palette: Palette): string {
  const { readModel, checked, parked, differences, failed, position } = report;
  const left = parked === 0 ? '' : ` (${formatPlural(parked, 'parked key')} left out)`;
  const head = `${palette.bold(readModel)} at ${position}: ${formatPlural(checked, 'key')} built anew${left}`;
  if (differences.length + failed.length === 0) return `${head}, ${palette.green('all as stored')}\n`;
  const found = `${formatCount(differences.length)} differ, ${formatCount(failed.length)} cannot be built`;
  const lines = [
    `${head}, ${palette.red(found)}`,
    ...differences.flatMap((difference) => describe(difference, palette)),
    ...failed.map(
      ({ key, code, message }) => `  key ${printable(key)} cannot be built: ${printable(`${code} ${message}`)}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function describe({ key, kind, columns, causes }: Difference, palette: Palette): string[] {
  const what = {
    missing: 'is not stored',
    extra: 'is stored, but nothing is built for it',
    different: columns.length === 0 ? 'has other rows' : `differs in ${columns.join(', ')}`,
  }[kind];
  const line = `  key ${palette.bold(printable(key))} ${what}`;
  if (causes === undefined) return [line];
  if (causes.length === 0) {
    return [
      line,
      '    no row that is there now explains it: one that was deleted, or that was of this key before, may',
    ];
  }
  return [
    line,
    ...causes.map(({ source, sourceKey, isNamedNow }) => {
      const row = printable(`${source} ${sourceKey.join(', ')}`);
      const why = isNamedNow
        ? 'dirty names the key for it now, but did not for an earlier state'
        : 'dirty does not name the key for it';
      return `    ${row} was written after the key was built: ${why}`;
    }),
  ];
}
