import { expect, test } from 'vitest';
import { migrateStore, openStore } from '../../src/store/control-store.ts';
import { TopicStore } from '../../src/store/topic-store.ts';
import { createTestDatabase } from '../support/test-database.ts';

test('events that were seen long ago are forgotten, also those of a read model that nobody reads any more', async () => {
  await using database = await createTestDatabase();
  const db = openStore(database.url, { applicationName: 'test' });
  try {
    await migrateStore(db);
    for (const name of ['account_v1', 'account_v2']) {
      await db('fig.projection').insert({ name, fingerprint: 'f', state: 'ready', position: '0' });
      await db('fig.topic_standing').insert({ projection: name });
      await db.raw(
        `INSERT INTO fig.seen_event (projection, digest, seen_at)
         VALUES (?, '\\x01', now() - interval '2 days'), (?, '\\x02', now() - interval '1 hour')`,
        [name, name],
      );
    }
    await new TopicStore().forgetSeen(db, 86_400_000);
    const left: { projection: string; digest: Buffer }[] = await db('fig.seen_event').orderBy('projection');
    expect(left.map(({ projection, digest }) => [projection, digest.toString('hex')])).toEqual([
      ['account_v1', '02'],
      ['account_v2', '02'],
    ]);
  } finally {
    await db.destroy();
  }
});
