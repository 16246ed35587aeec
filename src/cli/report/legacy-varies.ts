import type { LegacyVaries } from '../../app/legacy-varies.ts';
import { formatCount, printable } from '../format.ts';
import type { Palette } from '../palette.ts';

const words: Readonly<Record<LegacyVaries['kind'], string>> = {
  time: 'the time of the answer',
  token: 'another token each time',
  counter: 'a number that grows',
  order: 'the order of elements',
  cache: 'is behind, and comes to agree later',
  lag: 'is ahead: the candidate comes to agree later',
  other: 'a value that changes',
};

/** For the terminal: places, what they look like, and the rule that would let them be compared. */
export function renderLegacyVaries(variations: readonly LegacyVaries[], palette: Palette): string {
  if (variations.length === 0) return '';
  const lines = variations.map(({ route, path, kind, varied, asked, first, second, proposal }) => {
    const values = [first, second]
      .map((value) => (value === undefined ? '(nothing)' : printable(value)))
      .join(', then ');
    return [
      `  ${palette.bold(printable(path))}  ${words[kind]}, in ${formatCount(varied)} of ${formatCount(asked)} looks`,
      `    ${route}  ${palette.dim(values)}`,
      ...(proposal === undefined ? [] : [`    if it may: ${palette.cyan(printable(proposal))}`]),
    ].join('\n');
  });
  return `${palette.bold('Legacy itself varies here')}, so no candidate can agree\n${lines.join('\n')}`;
}
