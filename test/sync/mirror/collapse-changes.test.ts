import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change, RawRow, SentRow } from '../../../src/sync/change.ts';
import { collapseChanges, keyText } from '../../../src/sync/mirror/collapse-changes.ts';
import { type SentValue, unchanged } from '../../../src/sync/postgres/pgoutput-messages.ts';

type Table = Map<string, Record<string, string | null>>;
type Step = readonly ['insert' | 'update' | 'move' | 'delete' | 'truncate', number, number, string | undefined];

const key = ['a', 'b'];
const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom('insert', 'update', 'update', 'move', 'delete', 'truncate'),
  fc.nat(5),
  fc.nat(5),
  // undefined: the large value is not touched, so it is not sent.
  fc.option(fc.string(), { nil: undefined }),
);
const keyRow = (n: number): { a: string; b: string } => ({ a: String(n % 2), b: `k${n}` });

/** Plays a history on a table, as a database would, and returns the changes that it would send. */
function play(table: Table, steps: readonly Step[]): Change[] {
  const changes: Change[] = [];
  for (const [kind, n, other, large] of steps) {
    const [at, to] = [keyText(keyRow(n), key), keyText(keyRow(other), key)];
    const stored = table.get(at);
    const sent: SentValue = large ?? unchanged;
    if (kind === 'truncate') {
      table.clear();
      changes.push({ kind, tables: ['t'] });
    } else if (kind === 'insert' && !stored) {
      table.set(at, { ...keyRow(n), large: large ?? null });
      changes.push({ kind, table: 't', row: { ...keyRow(n), large: large ?? null } });
    } else if (kind === 'delete' && stored) {
      table.delete(at);
      changes.push({ kind, table: 't', oldKey: keyRow(n) });
    } else if (kind === 'update' && stored) {
      table.set(at, { ...keyRow(n), large: large ?? stored['large']! });
      changes.push({ kind, table: 't', oldKey: undefined, row: { ...keyRow(n), large: sent } });
    } else if (kind === 'move' && stored && !table.has(to)) {
      table.delete(at);
      table.set(to, { ...keyRow(other), large: large ?? stored['large']! });
      const row: SentRow = { ...keyRow(other), large: sent };
      changes.push({ kind: 'update', table: 't', oldKey: keyRow(n), row });
    }
  }
  return changes;
}

test('what a batch leaves, put over the rows before it, is what its changes do one after the other', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.array(step, { maxLength: 25 }), (earlier, batch) => {
      const before: Table = new Map();
      play(before, earlier);
      const after: Table = new Map(before);
      const net = collapseChanges(play(after, batch), new Map([['t', key]])).get('t');
      const result: Table = new Map(net?.truncated ? [] : before);
      const wrong: string[] = [];
      const upserts: [string, RawRow][] = [];
      for (const [text, change] of net?.changes ?? []) {
        if (change.kind === 'delete') {
          if (keyText({ a: change.key[0]!, b: change.key[1]! }, key) !== text)
            wrong.push(`deletes another key than ${text}`);
          result.delete(text);
          continue;
        }
        // Whoever believes this does not look for a stored row.
        if (change.inserted && !net!.truncated && before.has(text)) wrong.push(`${text} is not new`);
        const { large } = change.values;
        const base = net!.truncated ? undefined : before.get(keyText(change.base, key));
        if (large === unchanged && !base) wrong.push(`nothing supplies the rest of ${text}`);
        const value = large === unchanged ? (base?.['large'] ?? null) : (large ?? null);
        upserts.push([text, { a: change.values['a'] as string, b: change.values['b'] as string, large: value }]);
      }
      for (const [text, row] of upserts) result.set(text, row);
      const sorted = (table: Table): unknown => [...table].toSorted(([a], [b]) => (a < b ? -1 : 1));
      expect(wrong).toEqual([]);
      expect(sorted(result)).toEqual(sorted(after));
    }),
    { numRuns: 2_000 },
  );
});
