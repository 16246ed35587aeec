import { expect, test } from 'vitest';
import { DeadLetterStore } from '../../src/store/dead-letter-store.ts';
import { type ParkedChange, ParkedChangeStore } from '../../src/store/parked-change-store.ts';
import { ProjectionStore } from '../../src/store/projection-store.ts';
import { openTarget } from '../../src/sync/open-target.ts';
import { createStoreDatabase } from '../support/test-database.ts';

const projection = 'tally_v1';
const start = {
  name: projection,
  fingerprint: 'f',
  position: 1n,
  timeline: 1,
  sources: new Map([['public.moves', 1]]),
};
/** More than nine: as texts their ids would sort in another order. */
const numbers = Array.from({ length: 12 }, (_, n) => n);

const change = (n: number): ParkedChange => ({
  place: 'moves',
  source: 'public.moves',
  rowKeys: ['1'],
  modelKeys: undefined,
  kind: 'update',
  before: undefined,
  after: { id: '1' },
  position: BigInt(n),
  committedAtMs: undefined,
});

test('changes of a queue are tried in the order in which they came, also from the tenth on', async () => {
  await using database = await createStoreDatabase();
  const target = openTarget(database.url);
  try {
    await target.transaction((tx) => new ProjectionStore().restart(tx, start));
    const store = new ParkedChangeStore();
    const first = await target.transaction(async (tx) => {
      await store.add(tx, projection, numbers.map(change));
      return store.first(tx, projection, 'moves', 100);
    });
    expect(first.map(({ position }) => Number(position))).toEqual(numbers);
  } finally {
    await target.destroy();
  }
});

test('letters are listed oldest first, also from the tenth on', async () => {
  await using database = await createStoreDatabase();
  const target = openTarget(database.url);
  try {
    await target.transaction((tx) => new ProjectionStore().restart(tx, start));
    const store = new DeadLetterStore();
    const note = { kind: 'build', source: undefined, sourceKey: undefined, code: 'X', message: 'x' } as const;
    await target.transaction(async (tx) => {
      for (const n of numbers) await store.park(tx, projection, { ...note, key: `key ${n}` });
    });
    expect((await store.list(target)).map(({ key }) => key)).toEqual(numbers.map((n) => `key ${n}`));
  } finally {
    await target.destroy();
  }
});
