import type { CapturedReadModel } from '../../config/read-model-kinds.ts';
import { qualifiedSource, readModelNames } from '../../store/read-model-names.ts';
import type { SourceTables } from '../postgres/catalog.ts';
import { MirrorTable } from './mirror-table.ts';

/** The mirror of each source of a read model, by the source's `schema.table`; `tables` has all of them. */
export function mirrorsOf(definition: CapturedReadModel, tables: SourceTables): ReadonlyMap<string, MirrorTable> {
  const { mirror } = readModelNames(definition);
  return new Map(
    Object.entries(definition.sources).map(([name, source]) => {
      const table = tables.get(qualifiedSource(name))!;
      return [table.name, new MirrorTable(mirror, table, [source.key].flat())];
    }),
  );
}
