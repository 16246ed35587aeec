import { expect, test } from 'vitest';
import { type ParkedChange, ParkedChangeStore } from '../../src/store/parked-change-store.ts';
import { ProjectionStore } from '../../src/store/projection-store.ts';
import { openTarget } from '../../src/sync/open-target.ts';
import { createStoreDatabase } from '../support/test-database.ts';

const projection = 'tally_v1';
/** As often as it takes for all of them together to be longer than a text can be. */
const large = 'x'.repeat(6_000_000);
const numbers = Array.from({ length: 50 }, (_, n) => n);

test(
  'changes that wait in one go may be longer together than a text can be, and are not all read at once',
  { timeout: 120_000 },
  async () => {
    await using database = await createStoreDatabase();
    const target = openTarget(database.url);
    try {
      const sources = new Map([['public.moves', 1]]);
      const start = { name: projection, fingerprint: 'f', position: 1n, timeline: 1, sources };
      await target.transaction((tx) => new ProjectionStore().restart(tx, start));
      const changes = numbers.map((n): ParkedChange => ({
        place: 'moves',
        source: 'public.moves',
        rowKeys: ['1'],
        modelKeys: undefined,
        kind: 'update',
        before: { id: '1', large },
        after: { id: '1', large },
        position: BigInt(n),
        committedAtMs: undefined,
      }));
      await target.transaction((tx) => new ParkedChangeStore().add(tx, projection, changes));
      const { rows } = await target.raw<{ rows: unknown[] }>(
        `SELECT position::int AS n, length(before ->> 'large') AS before, length(after ->> 'large') AS after
         FROM fig.parked_change ORDER BY fig.parked_change.id`,
      );
      expect(rows).toEqual(numbers.map((n) => ({ n, before: large.length, after: large.length })));
      const first = await target.transaction((tx) => new ParkedChangeStore().first(tx, projection, 'moves', 100));
      expect(first.map(({ position }) => position)).toEqual([0n]);
    } finally {
      await target.destroy();
    }
  },
);
