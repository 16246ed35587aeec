import { FigError } from '../../../kernel/fig-error.ts';
import type { Change, SentRow } from '../../change.ts';
import { unchanged } from '../../postgres/pgoutput-messages.ts';
import type { ConnectField, JsonObject } from './connect-message.ts';
import type { Envelope } from './envelope.ts';
import { NEW_KEY, OLD_KEY } from './left-out-events.ts';
import type { RowDecoder } from './row-decoder.ts';

export interface DecodedRow {
  readonly change: Change;
  /** It is one half of an update that changed the key: the row goes, or comes. */
  readonly moves: 'away' | 'here' | undefined;
}

/** Turns what happened to a row into a change. Throws what decoding its values throws. */
export function decodeRow(
  { op, before, after, columns }: Envelope,
  headers: ReadonlySet<string>,
  decoder: RowDecoder,
  table: string,
): DecodedRow {
  const moves = headers.has(NEW_KEY) ? 'away' : headers.has(OLD_KEY) ? 'here' : undefined;
  switch (op) {
    case 'c':
    case 'r': {
      const row = decoder.row(present(after, table), columns, moves === 'here');
      return { moves, change: { kind: 'insert', table, row } };
    }
    case 'u':
      return { moves: undefined, change: updateOf(decoder, { before, after: present(after, table), columns }, table) };
    case 'd':
      if (!before) {
        throw new FigError('FIG_DEBEZIUM_SETTING', `${table}: a delete does not tell which row`, {
          remedy: 'The table needs a primary key or a replica identity.',
        });
      }
      return { moves, change: { kind: 'delete', table, oldKey: decoder.key(before, columns) } };
    case 't':
      return { moves: undefined, change: { kind: 'truncate', tables: [table] } };
    default:
      throw new FigError('FIG_DEBEZIUM_MESSAGE', `${table}: a logical message is no change of a row`);
  }
}

function updateOf(
  decoder: RowDecoder,
  {
    before,
    after,
    columns,
  }: { before: JsonObject | undefined; after: JsonObject; columns: readonly ConnectField[] | undefined },
  table: string,
): Change {
  const oldKey = before && decoder.key(before, columns);
  const row = decoder.row(after, columns, true);
  return { kind: 'update', table, oldKey, row: oldKey ? filled(row, oldKey) : row };
}

/** A large value that did not change is in the old row where that is sent. */
function filled(row: SentRow, old: Readonly<Record<string, string | null>>): SentRow {
  const full = row as Record<string, SentRow[string]>;
  for (const [column, value] of Object.entries(old)) if (full[column] === unchanged) full[column] = value;
  return full;
}

/** Joins each row that went away with the one that came: a value that was left out is that of the row before. */
export function joinMoves(rows: readonly DecodedRow[]): readonly Change[] {
  const changes: Change[] = [];
  for (let i = 0; i < rows.length; i += 1) {
    const [gone, come] = [rows[i]!, rows[i + 1]];
    const joined = gone.moves === 'away' && come?.moves === 'here' ? joinedMove(gone.change, come.change) : undefined;
    changes.push(joined ?? gone.change);
    if (joined) i += 1;
  }
  return changes;
}

function joinedMove(gone: Change, come: Change): Change | undefined {
  if (gone.kind !== 'delete' || come.kind !== 'insert' || gone.table !== come.table) return undefined;
  return { kind: 'update', table: come.table, oldKey: gone.oldKey, row: filled(come.row, gone.oldKey) };
}

function present(row: JsonObject | undefined, table: string): JsonObject {
  if (!row) throw new FigError('FIG_DEBEZIUM_MESSAGE', `${table}: a change has no row`);
  return row;
}
