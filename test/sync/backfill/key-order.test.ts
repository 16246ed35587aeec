import { Client } from 'pg';
import { expect, test } from 'vitest';
import { rangeSql } from '../../../src/sync/backfill/chunk-range.ts';
import { BackfillReader } from '../../../src/sync/backfill/backfill-reader.ts';
import { MirrorTable } from '../../../src/sync/mirror/mirror-table.ts';
import { describeTable } from '../../../src/sync/postgres/catalog.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { setupSync } from '../fixtures.ts';
import { expectMirrored, keysOf } from '../support/copied-table.ts';

test('a key that is declared in another order is read by the index, from any place and by its values', async () => {
  await using database = await createTestDatabase();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query('CREATE TABLE lines (a int, b text, PRIMARY KEY (a, b))');
    await client.query('INSERT INTO lines SELECT n, n % 7 FROM generate_series(1, 20000) n');
    await client.query('ANALYZE lines');
    const key = {
      columns: [
        { name: 'b', type: 'text' },
        { name: 'a', type: 'integer' },
      ],
      order: ['a', 'b'],
    };
    const ranges = [
      rangeSql({ kind: 'after', cursor: null, limit: 500 }, key),
      rangeSql({ kind: 'after', cursor: ['3', '10000'], limit: 500 }, key),
      rangeSql(
        {
          kind: 'keys',
          keys: [
            ['3', '10000'],
            ["'", '4'],
          ],
        },
        key,
      ),
    ];
    for (const range of ranges) {
      const { rows } = await client.query(`EXPLAIN (COSTS OFF) SELECT a, b FROM lines ${range}`);
      const plan = rows.map((row: Record<string, string>) => row['QUERY PLAN']).join('\n');
      expect(plan).toMatch(/Index (Only )?Scan/);
      expect(plan).not.toContain('Seq Scan on lines');
      // The keys that are asked for may be sorted, the table must not be.
      expect(plan).not.toMatch(/Sort Key: (?!"\*VALUES\*")/);
    }
    const mirror = new MirrorTable('mirror', (await describeTable(client, 'public.lines'))!, ['b', 'a']);
    await using reader = await BackfillReader.open(database.url, new AbortController().signal);
    const range = { kind: 'after', cursor: ['3', '10000'], limit: 2 } as const;
    const chunk = await reader.read(mirror, mirror.part(), range, 'chunk', () => undefined);
    expect(chunk.bytes.toString()).toBe('10000\t4\n10001\t5\n');
    expect(chunk.lastKey).toEqual(['5', '10001']);
  } finally {
    await client.end();
  }
});

test('a table whose key is declared in another order is copied whole, in several chunks', async () => {
  await using setup = await setupSync();
  await setup.legacy.raw('CREATE TABLE lines (a int, b text, n int, PRIMARY KEY (a, b))');
  await setup.legacy.raw('INSERT INTO lines SELECT n % 100, n, n FROM generate_series(1, 9000) n');
  const capture = setup.startCapture({ readModels: [keysOf('lines', ['b', 'a'])] });
  await expectMirrored(setup, 'lines', capture);
});
