import { expect } from 'vitest';
import type { SourceRow } from '../../../src/config/source-row.ts';
import type { Told } from './tally-model.ts';

const keys = { moves: ['id'], tags: ['name', 'part'] } as const;

function keyOf(source: Told['source'], row: SourceRow): string {
  return JSON.stringify(keys[source].map((name) => row[name]));
}

/**
 * Does again what handlers were told, and checks that it is a history: nothing twice, nothing left out, in order. Every row of
 * an `update` is the one of before with exactly one write more. Returns the rows that there are at the end.
 */
export function replayed(
  history: readonly Told[],
  { inOrder }: { inOrder: 'of commits' | 'of each row' } = { inOrder: 'of commits' },
): Record<Told['source'], readonly SourceRow[]> {
  const rows = { moves: new Map<string, SourceRow>(), tags: new Map<string, SourceRow>() };
  let position = 0n;
  for (const [n, event] of history.entries()) {
    const { source, kind, before, after } = event;
    const known = rows[source];
    const where = `event ${n}: ${JSON.stringify(event, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`;
    if (inOrder === 'of commits') expect(event.position >= position, where).toBe(true);
    position = event.position;
    if (kind === 'truncate') known.clear();
    if (kind === 'update') expect(Number(after!['rev']), where).toBe(Number(before!['rev']) + 1);
    if (before) {
      expect(known.get(keyOf(source, before)), where).toEqual(before);
      known.delete(keyOf(source, before));
    }
    if (after) {
      expect(known.has(keyOf(source, after)), where).toBe(false);
      known.set(keyOf(source, after), after);
    }
  }
  return { moves: [...rows.moves.values()], tags: [...rows.tags.values()] };
}
