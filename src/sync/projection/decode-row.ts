import type { SourceRow } from '../../config/source-row.ts';
import type { RawRow } from '../change.ts';
import type { SourceColumn } from '../postgres/catalog.ts';

/**
 * The row that a read model's `dirty` sees: int2 and int4 as numbers, booleans as booleans, everything else as text, so
 * that no digit, microsecond or time zone is lost.
 */
export function decodeRow(row: RawRow, columns: readonly SourceColumn[]): SourceRow {
  const decoded: Record<string, string | number | boolean | null> = {};
  for (const { name, mirrorType } of columns) {
    decoded[name] = decodeValue(row[name] ?? null, mirrorType);
  }
  return decoded;
}

export function decodeValue(value: string | null, type: string): string | number | boolean | null {
  if (value === null) return null;
  if (type === 'integer' || type === 'smallint') return Number(value);
  if (type === 'boolean') return value === 't' || value === 'true';
  return value;
}
