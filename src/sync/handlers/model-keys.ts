import type { EventReadModelDefinition } from '../../config/event-read-model.ts';
import { qualifiedSource } from '../../store/read-model-names.ts';
import type { SourceColumn } from '../postgres/catalog.ts';
import { decodeRow } from '../projection/decode-row.ts';
import type { RowEvent } from './row-event.ts';

/** The keys of the read model that a change is about, as `keyOf` says; undefined when it does not. */
export function modelKeysOf(
  { sources }: EventReadModelDefinition,
  { source, before, after }: RowEvent,
  columns: readonly SourceColumn[],
): readonly string[] | undefined {
  const keyOf = Object.entries(sources).find(([name]) => qualifiedSource(name) === source)?.[1].keyOf;
  if (!keyOf || (!before && !after)) return undefined;
  try {
    const found = [before, after].flatMap((row) => (row ? [keyOf(decodeRow(row, columns))].flat() : []));
    // A key that is none says nothing about the others.
    return found.some((key) => key === null || key === undefined) ? undefined : [...new Set(found.map(String))];
  } catch {
    return undefined;
  }
}
