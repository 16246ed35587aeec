import { expect, test } from 'vitest';
import { BackfillWindow } from '../../../src/sync/backfill/backfill-window.ts';
import type { Change, SentRow } from '../../../src/sync/change.ts';
import { unchanged } from '../../../src/sync/postgres/pgoutput-messages.ts';

const table = 'public.things';
const chunk = Buffer.from('1\tone\n2\ttwo\n3\tthree\n');

/** What of the chunk may be used after these changes came between its markers. */
function left(...changes: readonly Change[]): string | undefined {
  const window = new BackfillWindow(table, ['id']);
  window.open();
  window.note(changes);
  return window.close(chunk, [0])?.lines.toString();
}

test('rows that the stream changed between the markers are left out, under their old and their new key', () => {
  expect(left({ kind: 'insert', table, row: { id: '2', text: 'new' } })).toBe('1\tone\n3\tthree\n');
  expect(left({ kind: 'update', table, oldKey: { id: '1' }, row: { id: '3', text: 'moved' } })).toBe('2\ttwo\n');
  expect(left({ kind: 'delete', table, oldKey: { id: '3' } })).toBe('1\tone\n2\ttwo\n');
  expect(left({ kind: 'delete', table: 'public.others', oldKey: { id: '3' } })).toBe(chunk.toString());
});

test('a TRUNCATE of the table between the markers spoils the chunk, that of another table does not', () => {
  expect(left({ kind: 'truncate', tables: ['public.others', table] })).toBeUndefined();
  expect(left({ kind: 'truncate', tables: ['public.others'] })).toBe(chunk.toString());
});

test('an update that left out a large value is written over the row of the chunk, which has the value', () => {
  const window = new BackfillWindow(table, ['id']);
  window.open();
  const row: SentRow = { id: '2', text: unchanged };
  window.note([{ kind: 'update', table, oldKey: undefined, row }]);
  const closed = window.close(chunk, [0]);
  expect(closed?.lines).toEqual(chunk);
  expect([...closed!.later.changes.values()]).toMatchObject([{ kind: 'upsert', values: row }]);
});

test('a row that moved without its large value is owed: neither the chunk nor the stream need have it', () => {
  const window = new BackfillWindow(table, ['id']);
  window.open();
  window.note([{ kind: 'update', table, oldKey: { id: '1' }, row: { id: '2', text: unchanged } }]);
  expect(window.close(chunk, [0])?.lines.toString()).toBe('3\tthree\n');
  expect(window.isOwed(['2'])).toBe(true);
  expect(window.isOwed(['1'])).toBe(false);
});

test('a transaction that is too large to be noted spoils the chunk whose markers it came between, and no other', () => {
  const window = new BackfillWindow(table, ['id']);
  window.spoil();
  window.open();
  expect(window.close(chunk, [0])?.lines).toEqual(chunk);
  window.spoil();
  expect(window.close(chunk, [0])).toBeUndefined();
});

const moved = (to: string): Change => ({
  kind: 'update',
  table,
  oldKey: { id: `from ${to}` },
  row: { id: to, text: unchanged },
});

test('more keys than are worth remembering spoil the chunk, however short they are', () => {
  const window = new BackfillWindow(table, ['id']);
  window.open();
  const deleted = (n: number): Change => ({ kind: 'delete', table, oldKey: { id: String(n) } });
  window.note(Array.from({ length: 10_000 }, (_, n) => deleted(n)));
  expect(window.close(chunk, [0])?.lines.length).toBe(0);
  window.note(Array.from({ length: 300_000 }, (_, n) => deleted(n)));
  expect(window.close(chunk, [0])).toBeUndefined();
});

test('a window that is given up remembers nothing, neither of before nor of what comes until its marker', () => {
  const window = new BackfillWindow(table, ['id']);
  window.open();
  const text = 'x'.repeat(1024 * 1024);
  const updated = (n: number): Change => ({
    kind: 'update',
    table,
    oldKey: undefined,
    row: { id: String(n), text, large: unchanged },
  });
  window.note([moved('before'), ...Array.from({ length: 15 }, (_, n) => updated(n))]);
  expect(window.isOwed(['before'])).toBe(true);
  window.note([updated(15), updated(16), moved('in the same transaction')]);
  window.note([moved('later')]);
  expect(['before', 'in the same transaction', 'later'].map((key) => window.isOwed([key]))).toEqual([
    false,
    false,
    false,
  ]);
  expect(window.close(chunk, [0])).toBeUndefined();
});
