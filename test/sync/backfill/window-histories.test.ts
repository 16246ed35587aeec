import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BackfillWindow } from '../../../src/sync/backfill/backfill-window.ts';
import type { Change } from '../../../src/sync/change.ts';

const table = 'public.things';
type Rows = ReadonlyMap<string, string>;

const step = fc.tuple(fc.constantFrom('put', 'put', 'move', 'delete', 'truncate'), fc.nat(4), fc.nat(4));

/** What a history sends, and what the table holds before and after each change. */
function play(steps: readonly (readonly [string, number, number])[]): { changes: Change[]; states: Rows[] } {
  const changes: Change[] = [];
  const states: Rows[] = [
    new Map([
      ['0', 'first'],
      ['1', 'first'],
      ['2', 'first'],
    ]),
  ];
  for (const [n, [kind, from, to]] of steps.entries()) {
    const rows = new Map(states.at(-1));
    const [id, other, text] = [String(from), String(to), `step ${n}`];
    const isThere = rows.has(id);
    if (kind === 'truncate') changes.push({ kind, tables: [table] });
    else if (kind === 'put')
      changes.push({ kind: isThere ? 'update' : 'insert', table, oldKey: undefined, row: { id, text } });
    else if (!isThere || (kind === 'move' && rows.has(other))) continue;
    else if (kind === 'delete') changes.push({ kind, table, oldKey: { id } });
    else changes.push({ kind: 'update', table, oldKey: { id }, row: { id: other, text } });
    if (kind === 'truncate') rows.clear();
    else rows.delete(id);
    if (kind === 'put' || kind === 'move') rows.set(kind === 'put' ? id : other, text);
    states.push(rows);
  }
  return { changes, states };
}

/** The same rows as the mirror has after a change. */
function land(mirror: Map<string, string>, change: Change): void {
  if (change.kind === 'truncate') mirror.clear();
  if (change.kind !== 'insert' && change.kind !== 'truncate' && change.oldKey) mirror.delete(change.oldKey['id']!);
  if ('row' in change) mirror.set(String(change.row['id']), String(change.row['text']));
}

test('beside any history, wherever the markers and the snapshot lie in it, a chunk that is used gives the rows of legacy', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 7 }), (steps) => {
      const { changes, states } = play(steps);
      for (let low = 0; low <= changes.length; low += 1)
        for (let at = low; at <= changes.length; at += 1)
          for (let high = at; high <= changes.length; high += 1) {
            const window = new BackfillWindow(table, ['id']);
            const mirror = new Map<string, string>();
            for (const change of changes.slice(0, low)) land(mirror, change);
            window.open();
            for (const change of changes.slice(low, high)) {
              land(mirror, change);
              window.note([change]);
            }
            const lines = [...states[at]!].map(([id, text]) => `${id}\t${text}\n`).join('');
            const used = window.close(Buffer.from(lines), [0]);
            if (used === undefined) continue;
            for (const line of used.lines.toString().split('\n').filter(Boolean))
              mirror.set(...(line.split('\t') as [string, string]));
            for (const change of changes.slice(high)) land(mirror, change);
            expect(mirror).toEqual(states.at(-1));
          }
    }),
    { numRuns: 300 },
  );
});
