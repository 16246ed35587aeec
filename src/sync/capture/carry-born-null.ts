import { bornNull } from './judge-shape-change.ts';
import type { SourceShape } from '../postgres/source-shape.ts';

/**
 * Pure: the shape as it is to be remembered, with the columns marked that came to the mirror without a copy, now or
 * earlier: rows from before they came are sent without them.
 */
export function carryBornNull(before: SourceShape, after: SourceShape): SourceShape {
  const marked = new Set(before.columns.filter((column) => column.bornNull).map(({ number }) => number));
  for (const { number } of bornNull(before, after)) marked.add(number);
  return {
    ...after,
    columns: after.columns.map((column) => (marked.has(column.number) ? { ...column, bornNull: true } : column)),
  };
}
