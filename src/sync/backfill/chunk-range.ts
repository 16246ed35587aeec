import { escapeLiteral } from 'pg';
import { quoteName } from '../postgres/bulk-upsert.ts';

/** Which rows of a table a chunk has. */
export type ChunkRange =
  /** The next ones in the order of the key. */
  | { readonly kind: 'after'; readonly cursor: readonly string[] | null; readonly limit: number }
  | { readonly kind: 'keys'; readonly keys: readonly (readonly string[])[] };

export interface RangeKey {
  /** In the order in which keys are given. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** The same names in the order of legacy's index. */
  readonly order: readonly string[];
}

/** What follows FROM in a statement that reads the range. COPY takes no parameters. */
export function rangeSql(range: ChunkRange, { columns, order }: RangeKey): string {
  const names = order.map(quoteName).join(', ');
  const tuple = (key: readonly string[]): string => {
    const values = order.map((name) => {
      const at = columns.findIndex((column) => column.name === name);
      return `${escapeLiteral(key[at]!)}::${columns[at]!.type}`;
    });
    return values.join(', ');
  };
  if (range.kind === 'keys') {
    return `WHERE (${names}) IN (VALUES ${range.keys.map((key) => `(${tuple(key)})`).join(', ')})`;
  }
  const from = range.cursor === null ? '' : `WHERE (${names}) > (${tuple(range.cursor)})`;
  return `${from} ORDER BY ${names} LIMIT ${range.limit}`;
}
