import { variationLine } from '../../admin/page/variation.js';
import type { LegacyVaries } from '../../app/reports/legacy-varies.ts';
import { printable } from '../format.ts';
import type { Palette } from '../palette.ts';

/** For the terminal: places, what they look like, and the rule that would let them be compared. */
export function renderLegacyVaries(variations: readonly LegacyVaries[], palette: Palette): string {
  if (variations.length === 0) return '';
  const lines = variations
    .map(variationLine)
    .map(({ path, route, what, values, rule }) =>
      [
        `  ${palette.bold(printable(path))}  ${what}`,
        `    ${route}  ${palette.dim(printable(values))}`,
        ...(rule === undefined ? [] : [`    if it may: ${palette.cyan(printable(rule))}`]),
      ].join('\n'),
    );
  return `${palette.bold('Legacy itself varies here')}, so no candidate can agree\n${lines.join('\n')}`;
}
