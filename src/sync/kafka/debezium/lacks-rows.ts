import type { RawRow, SentRow } from '../../change.ts';
import type { Client } from 'pg';
import type { SourceTable } from '../../postgres/catalog.ts';
import type { DecodedRow } from './decode-change.ts';
import type { CutTransaction, EndedTransaction } from './join-transactions.ts';
import { rowsBeside } from './rows-beside.ts';
import type { RowEvent, TopicEvent } from './topic-decoder.ts';

/**
 * Whether legacy has rows of a cut transaction that did not come, in the page with the last row that was sent before the cut: one
 * COPY puts many into a page at once, and a plain INSERT one. True also where that cannot be told.
 */
export async function lacksRows(
  client: Client,
  tables: ReadonlyMap<string, SourceTable>,
  { transaction }: Pick<EndedTransaction, 'transaction'>,
  { placed, sentBefore }: CutTransaction<TopicEvent>,
): Promise<boolean> {
  const last = placed[sentBefore - 1]?.event;
  const rows = placed.map(({ event }) => event).filter((event): event is RowEvent => event.kind === 'row');
  const index = rows.indexOf(last as RowEvent);
  if (index < 0) return true;
  const decoded = rows.map((row) => row.decode());
  const { change } = decoded[index]!;
  const table = change.kind === 'insert' ? tables.get(change.table) : undefined;
  if (change.kind !== 'insert' || !table || table.primaryKey.length === 0) return true;
  const keyOf = (row: SentRow | RawRow): string => JSON.stringify(table.primaryKey.map((column) => row[column]));
  const came = decoded.flatMap((row) => newRowsOf(row, table.name)).map(keyOf);
  const own = keyOf(change.row);
  // One that the transaction has changed again is in another page by now.
  if (came.filter((key) => key === own).length > 1) return true;
  const key = Object.fromEntries(table.primaryKey.map((column) => [column, String(change.row[column])]));
  const beside = await rowsBeside(client, table, { key, xid: transaction });
  const known = new Set(came);
  return !beside?.every((row) => known.has(keyOf(row)));
}

function newRowsOf({ change }: DecodedRow, table: string): readonly SentRow[] {
  return (change.kind === 'insert' || change.kind === 'update') && change.table === table ? [change.row] : [];
}
