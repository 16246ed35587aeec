import type { VersionReport } from '../app/control.ts';
import { formatCount, formatSeconds, formatShare } from './format.ts';
import type { Palette } from './palette.ts';
import { reconciliationLine } from './render-reconciliation.ts';
import { renderTable } from './render-table.ts';

/** `fig read-models list` for people. `now` in milliseconds since the epoch. */
export function renderReadModels(versions: readonly VersionReport[], palette: Palette, now = Date.now()): string {
  if (versions.length === 0) return 'no read model is kept by capture\n';
  const table = renderTable(
    [
      { title: 'feature' },
      { title: 'read model' },
      { title: 'reads' },
      { title: 'state' },
      { title: 'position' },
      { title: 'behind', align: 'right' },
      { title: 'dead letters', align: 'right' },
    ],
    versions.map((version) => [
      palette.bold(version.feature),
      `${version.name} v${version.version}`,
      placeOf(version, palette),
      stateOf(version, palette),
      version.position ?? '-',
      formatSeconds(version.lagSeconds),
      version.declared ? formatCount(version.deadLetters ?? 0) : '-',
    ]),
    palette,
  );
  const remarks = versions.flatMap((version) => remarksOn(version, palette, now));
  return remarks.length === 0 ? `${table}\n` : `${table}\n\n${remarks.join('\n')}\n`;
}

/** What keeps a version from serving, and how it compares with legacy. */
export function remarksOn(version: VersionReport, palette: Palette, now: number): string[] {
  const name = palette.bold(`${version.feature}@${version.version}`);
  const { gate, reconciliation } = version;
  return [
    ...(gate ? [`${name}: ${gate.reason}`] : []),
    ...(reconciliation ? [`${name}: ${reconciliationLine(reconciliation, palette, now)}`] : []),
  ];
}

function placeOf({ serves, declared }: VersionReport, palette: Palette): string {
  if (serves) return palette.cyan('serves');
  return declared ? 'waits' : palette.yellow('not declared');
}

function stateOf({ state, progress, declared }: VersionReport, palette: Palette): string {
  if (!declared || state === 'ready') return state;
  if (state === 'failed' || state === 'paused') return palette.red(state);
  return palette.yellow(`${state} ${formatShare(progress)}`);
}
