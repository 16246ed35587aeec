import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BackfillWindow } from '../../../src/sync/backfill/backfill-window.ts';
import type { Change, SentRow } from '../../../src/sync/change.ts';
import { type SentValue, unchanged } from '../../../src/sync/postgres/pgoutput-messages.ts';

const table = 'public.things';

interface Row {
  readonly text: string;
  readonly large: string;
  readonly other: string;
}
type Rows = ReadonlyMap<string, Row>;
const columns = ['text', 'large', 'other'] as const;

const step = fc.record({
  kind: fc.constantFrom('put', 'put', 'put', 'move', 'move', 'delete', 'truncate'),
  from: fc.nat(4),
  to: fc.nat(4),
  /** Large values that stay as they are, and so are not sent. */
  kept: fc.subarray(['large', 'other'] as const),
});
type Step = typeof step extends fc.Arbitrary<infer Of> ? Of : never;

/** What a history sends, and what the table holds before and after each change. */
function play(steps: readonly Step[]): { changes: Change[]; states: Rows[] } {
  const changes: Change[] = [];
  const states: Rows[] = [
    new Map(['0', '1', '2'].map((id) => [id, { text: 'first', large: `large ${id}`, other: `other ${id}` }])),
  ];
  for (const [n, { kind, from, to, kept }] of steps.entries()) {
    const rows = new Map(states.at(-1));
    const [id, other] = [String(from), String(to)];
    const before = rows.get(id);
    if (kind !== 'put' && kind !== 'truncate' && !before) continue;
    if (kind === 'move' && rows.has(other)) continue;
    const after: Record<keyof Row, string> = { text: `step ${n}`, large: `large of ${n}`, other: `other of ${n}` };
    const sent: Record<string, SentValue> = { ...after };
    for (const column of before ? kept : []) {
      after[column] = before![column];
      sent[column] = unchanged;
    }
    if (kind === 'truncate') changes.push({ kind, tables: [table] });
    else if (kind === 'put')
      changes.push({ kind: before ? 'update' : 'insert', table, oldKey: undefined, row: { id, ...sent } });
    else if (kind === 'delete') changes.push({ kind, table, oldKey: { id } });
    else changes.push({ kind: 'update', table, oldKey: { id }, row: { id: other, ...sent } });
    if (kind === 'truncate') rows.clear();
    else rows.delete(id);
    if (kind === 'put' || kind === 'move') rows.set(kind === 'put' ? id : other, after);
    states.push(rows);
  }
  return { changes, states };
}

/** A mirror that is being copied: rows that an update expects may not be there yet. */
class CopiedMirror {
  readonly rows = new Map<string, Row>();
  /** Keys of rows that came without their large values from where nothing was. */
  readonly owed = new Set<string>();

  land(change: Change): void {
    if (change.kind === 'truncate') return this.rows.clear();
    const oldId = change.kind === 'insert' ? undefined : change.oldKey?.['id'];
    const base = this.rows.get(oldId ?? ('row' in change ? String(change.row['id']) : ''));
    if (oldId) this.rows.delete(oldId);
    if (change.kind !== 'delete') this.put(change.row, base, oldId !== undefined && oldId !== null);
  }

  put(row: SentRow, base: Row | undefined, isMoved: boolean): void {
    const id = String(row['id']);
    const [text, large, other] = columns.map((name) => (row[name] === unchanged ? base?.[name] : String(row[name])));
    if (text !== undefined && large !== undefined && other !== undefined) this.rows.set(id, { text, large, other });
    else if (isMoved) this.owed.add(id);
  }

  copy(lines: Buffer): void {
    for (const line of lines.toString().split('\n').filter(Boolean)) {
      const [id, text, large, other] = line.split('\t') as [string, string, string, string];
      this.rows.set(id, { text, large, other });
    }
  }
}

test('beside any history, wherever the markers and the snapshot lie in it, a chunk that is used gives the rows of legacy, or they are owed', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 7 }), (steps) => {
      const { changes, states } = play(steps);
      for (let low = 0; low <= changes.length; low += 1)
        for (let at = low; at <= changes.length; at += 1)
          for (let high = at; high <= changes.length; high += 1) {
            const window = new BackfillWindow(table, ['id']);
            const mirror = new CopiedMirror();
            for (const change of changes.slice(0, low)) mirror.land(change);
            window.open();
            for (const change of changes.slice(low, high)) {
              mirror.land(change);
              window.note([change]);
            }
            const lines = [...states[at]!]
              .map(([id, row]) => `${[id, ...columns.map((name) => row[name])].join('\t')}\n`)
              .join('');
            const used = window.close(Buffer.from(lines), [0]);
            if (used === undefined) continue;
            mirror.copy(used.lines);
            for (const [id, change] of used.later.changes)
              if (change.kind === 'upsert') mirror.put(change.values, mirror.rows.get(id), false);
            expectNothingForgotten(mirror, states[high]!, (id) => window.isOwed([id]));
            for (const change of changes.slice(high)) mirror.land(change);
            expectNothingForgotten(mirror, states.at(-1)!, (id) => mirror.owed.has(id));
          }
    }),
    { numRuns: 500 },
  );
});

/** Every row of the mirror is that of legacy, and every other one is known to be missing. */
function expectNothingForgotten({ rows }: CopiedMirror, legacy: Rows, isOwed: (id: string) => boolean): void {
  expect(rows).toEqual(new Map([...legacy].filter(([id]) => rows.has(id))));
  expect([...legacy.keys()].filter((id) => !rows.has(id) && !isOwed(id))).toEqual([]);
}
