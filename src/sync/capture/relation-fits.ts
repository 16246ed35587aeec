import type { Relation } from '../postgres/pgoutput-messages.ts';
import type { SourceShape } from '../postgres/source-shape.ts';

/**
 * Pure: whether rows that are sent under this relation can be landed in the mirror that was made for the table. Columns that
 * joined the mirror later may be absent: rows from before they came are sent without them.
 */
export function relationFits(name: string, shape: SourceShape, relation: Relation): boolean {
  if (String(relation.oid) !== shape.oid || `${relation.schema}.${relation.table}` !== name) return false;
  const sent = new Map(relation.columns.map((column) => [column.name, column]));
  for (const { name: column, typeOid, typeModifier, joinedAs } of shape.columns) {
    const found = sent.get(column);
    if (!found && joinedAs === undefined) return false;
    if (found && (found.typeOid !== typeOid || found.typeModifier !== typeModifier)) return false;
    sent.delete(column);
  }
  return sent.size === 0;
}
