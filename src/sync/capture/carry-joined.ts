import { joiningColumns } from './judge-shape-change.ts';
import type { ShapeColumn, SourceShape } from '../postgres/source-shape.ts';

/**
 * Pure: the shape as it is to be remembered, with the columns marked that came to the mirror without a copy of the table,
 * now or earlier: rows from before they came are sent without them. `fill`: those of them that are copied by themselves.
 */
export function carryJoined(before: SourceShape, after: SourceShape, fill: readonly string[] = []): SourceShape {
  const marked = new Map<number, string | null>();
  for (const { number, joinedAs } of before.columns) if (joinedAs !== undefined) marked.set(number, joinedAs);
  for (const { number, missing } of joiningColumns(before, after)) marked.set(number, missing ?? null);
  const mark = (column: ShapeColumn): ShapeColumn => {
    const joinedAs = fill.includes(column.name) ? null : marked.get(column.number);
    return joinedAs === undefined ? column : { ...column, joinedAs };
  };
  return { ...after, columns: after.columns.map(mark) };
}
