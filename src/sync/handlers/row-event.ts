import type { RowChange } from '../../config/row-change.ts';
import type { Position } from '../../kernel/position.ts';
import type { ChangeKind } from '../../store/parked-change-store.ts';
import type { RawRow } from '../change.ts';
import { keyText } from '../mirror/collapse-changes.ts';
import type { SourceColumn } from '../postgres/catalog.ts';
import { decodeRow } from '../projection/decode-row.ts';

/** A change as a handler is to be given it, with values as PostgreSQL prints them. */
export interface RowEvent {
  /** `schema.table` */
  readonly source: string;
  readonly kind: ChangeKind;
  readonly before: RawRow | undefined;
  readonly after: RawRow | undefined;
  readonly position: Position;
  readonly committedAtMs: number | undefined;
  /** Of the change within its transaction; undefined for what has no place in the log. */
  readonly number?: number | undefined;
}

/** The rows that it is about, by their keys; none: all of the source. */
export function rowKeysOf({ before, after }: RowEvent, key: readonly string[]): readonly string[] {
  const texts = [before, after].flatMap((row) => (row ? [keyText(row, key)] : []));
  return [...new Set(texts)];
}

/** What the handler sees; it may keep and change the rows. `table`: as the definition calls the source. */
export function toRowChange(event: RowEvent, table: string, columns: readonly SourceColumn[]): RowChange {
  const { kind, before, after, position, committedAtMs } = event;
  return {
    kind,
    table,
    before: before && decodeRow(before, columns),
    after: after && decodeRow(after, columns),
    position,
    committedAt: committedAtMs === undefined ? undefined : new Date(committedAtMs),
  } as RowChange;
}
