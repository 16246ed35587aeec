import { Client } from 'pg';
import { expect, test } from 'vitest';
import { collapseChanges } from '../../../src/sync/mirror/collapse-changes.ts';
import { MirrorTable } from '../../../src/sync/mirror/mirror-table.ts';
import { openTarget } from '../../../src/sync/open-target.ts';
import { describeTable } from '../../../src/sync/postgres/catalog.ts';
import { unchanged } from '../../../src/sync/postgres/pgoutput-messages.ts';
import { createTestDatabase } from '../../support/test-database.ts';

test('a value that was not sent is taken from a row that is not filled yet only where the copy will still come by', async () => {
  await using database = await createTestDatabase();
  const db = openTarget(database.url);
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query('CREATE TABLE things (id bigint PRIMARY KEY, said text, blob text)');
    await client.query(`CREATE SCHEMA mirror CREATE TABLE mirror.things (id bigint PRIMARY KEY, said text, blob text)`);
    await client.query(`INSERT INTO mirror.things VALUES (1, 'one', NULL), (2, 'two', NULL)`);
    const mirror = new MirrorTable('mirror', (await describeTable(client, 'public.things'))!, ['id']);
    mirror.filling = new Set(['blob']);
    const land = (oldId: string | undefined, id: string): Promise<unknown> => {
      const oldKey = oldId === undefined ? undefined : { id: oldId };
      const change = {
        kind: 'update',
        table: 'public.things',
        oldKey,
        row: { id, said: 'new', blob: unchanged },
      } as const;
      const net = collapseChanges([change], new Map([['public.things', ['id']]])).get('public.things')!;
      return db.transaction((tx) => mirror.land(tx, net, { mayMiss: true, readStored: false }));
    };
    await land(undefined, '1');
    expect(mirror.takeMissed()).toEqual([]);
    // Where the copy may have been: the row is left out, to be read by its key.
    await land('2', '-2');
    expect(mirror.takeMissed()).toEqual([['-2']]);
    // The chunk that has row 1 comes by now, and the copy is done.
    const part = mirror.part(['blob']);
    expect(part.columns).toEqual(['id', 'blob']);
    await db.transaction((tx) =>
      mirror.copy(tx, part, Buffer.from('1\tlarge\n2\t\\N\n3\tof a row that is not there\n')),
    );
    mirror.filling = new Set();
    await land('1', '-1');
    const { rows } = await client.query('SELECT id::int, said, blob FROM mirror.things ORDER BY id');
    expect(rows).toEqual([{ id: -1, said: 'new', blob: 'large' }]);
  } finally {
    await client.end();
    await db.destroy();
  }
});
