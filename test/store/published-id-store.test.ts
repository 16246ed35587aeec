import { expect, test } from 'vitest';
import { migrateStore, openStore } from '../../src/store/control-store.ts';
import { PublishedIdStore } from '../../src/store/published-id-store.ts';
import { createTestDatabase } from '../support/test-database.ts';

test('ids are found in a mirror whatever the type of its column is, and such as are none of it are passed over', async () => {
  await using database = await createTestDatabase();
  const db = openStore(database.url, { applicationName: 'test' });
  try {
    await migrateStore(db);
    const store = new PublishedIdStore();
    const uuid = '0a0b0c0d-0102-4030-8040-a0b0c0d0e0f0';
    const values = {
      uuid,
      bigint: '4711',
      integer: '-7',
      text: 'a ',
      varchar: 'b',
      'char(4)': 'c   ',
      numeric: '1.50',
    };
    for (const [type, value] of Object.entries(values)) {
      await db.raw(`DROP TABLE IF EXISTS outbox; CREATE TABLE outbox ("the id" ${type})`);
      await db.raw('INSERT INTO outbox VALUES (?)', [value]);
      const column = { schema: 'public', table: 'outbox', column: 'the id' };
      const asked = [value, 'snapshot/["public.jobs","1"]', '0/1A2B/0/0'];
      expect([...(await store.standing(db, column, asked))]).toEqual([value]);
      expect([...(await store.standing(db, column, asked.slice(1)))]).toEqual([]);
    }
  } finally {
    await db.destroy();
  }
});

test('ids are looked through by age, those that are too young or too far on in the log left out', async () => {
  await using database = await createTestDatabase();
  const db = openStore(database.url, { applicationName: 'test' });
  try {
    await migrateStore(db);
    const store = new PublishedIdStore();
    await db.raw(`INSERT INTO fig.published_id (event_id, position, queued_at)
      SELECT 'e' || n, n, now() - n * interval '1 day' FROM generate_series(1, 9) AS n`);
    await db.raw(
      `INSERT INTO fig.published_id (event_id, queued_at) VALUES ('of an older fig', now() - interval '30 days')`,
    );
    const page = { olderThanMs: 4.5 * 86_400_000, upTo: 8n, most: 2 };
    const first = await store.old(db, { ...page, after: undefined });
    expect(first.map(({ id }) => id)).toEqual(['of an older fig', 'e8']);
    const second = await store.old(db, { ...page, after: first.at(-1) });
    expect(second.map(({ id }) => id)).toEqual(['e7', 'e6']);
    expect((await store.old(db, { ...page, after: second.at(-1) })).map(({ id }) => id)).toEqual(['e5']);
    await db.raw(
      `INSERT INTO fig.projection (name, fingerprint, state, position) VALUES ('a_v1', 'f', 'ready', 9), ('b_v1', 'f', 'copying', 5)`,
    );
    expect(await store.leastPosition(db, ['a_v1', 'b_v1'])).toBe(5n);
    expect(await store.leastPosition(db, ['a_v1', 'c_v1'])).toBeUndefined();
    expect([await store.isCopied(db, 'a_v1'), await store.isCopied(db, 'b_v1')]).toEqual([true, false]);
  } finally {
    await db.destroy();
  }
});
