import type { Suspicion } from '../../store/source-shape-store.ts';
import type { Relation } from '../postgres/pgoutput-messages.ts';
import type { SourceShape } from '../postgres/source-shape.ts';

export interface RelationWanted {
  /** `schema.table` */
  readonly name: string;
  readonly shape: SourceShape;
  /** Key columns of the mirror. */
  readonly key: readonly string[];
}

/**
 * Pure: whether rows that are sent under this relation can be landed in the mirror that was made for the table; undefined
 * when they can. Columns that joined the mirror later may be absent: rows from before they came are sent without them.
 */
export function judgeRelation({ name, shape, key }: RelationWanted, relation: Relation): Suspicion | undefined {
  if (String(relation.oid) !== shape.oid || `${relation.schema}.${relation.table}` !== name) return 'relation';
  const sent = new Map(relation.columns.map((column) => [column.name, column]));
  // A row whose key changes is sent with its old key only when that is part of the replica identity.
  const tellsKeys = relation.replicaIdentity === 'f' || key.every((column) => sent.get(column)?.isKey);
  if (!tellsKeys) return 'identity';
  for (const { name: column, typeOid, typeModifier, joinedAs } of shape.columns) {
    const found = sent.get(column);
    if (!found && joinedAs === undefined) return 'relation';
    if (found && (found.typeOid !== typeOid || found.typeModifier !== typeModifier)) return 'relation';
    sent.delete(column);
  }
  // Some publications send generated columns, too. They are no part of the mirror.
  for (const { name: column } of shape.generated ?? []) sent.delete(column);
  return sent.size === 0 ? undefined : 'relation';
}
