import type { SourceTable } from '../postgres/catalog.ts';

/** Pure: the tables with what the publication is to each, which belongs to what a mirror was made from. */
export function markTables(
  tables: ReadonlyMap<string, SourceTable>,
  marks: ReadonlyMap<string, string> | undefined,
): ReadonlyMap<string, SourceTable> {
  return new Map(
    [...tables].map(([name, table]) => [
      name,
      { ...table, shape: { ...table.shape, published: marks?.get(name) ?? null } },
    ]),
  );
}
