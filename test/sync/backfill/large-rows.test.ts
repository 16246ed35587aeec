import { Client } from 'pg';
import { expect, test } from 'vitest';
import { BackfillReader, type ReadChunk } from '../../../src/sync/backfill/backfill-reader.ts';
import { MirrorTable } from '../../../src/sync/mirror/mirror-table.ts';
import { describeTable } from '../../../src/sync/postgres/catalog.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { setupSync } from '../fixtures.ts';
import { caughtUp } from '../poison.ts';

const MIB = 1024 * 1024;

interface Legacy extends AsyncDisposable {
  readonly client: Client;
  readonly url: string;
  mirror(): Promise<MirrorTable>;
}

async function legacyTable(): Promise<Legacy> {
  const database = await createTestDatabase();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query('CREATE TABLE things (id bigint PRIMARY KEY, text text)');
  return {
    client,
    url: database.url,
    mirror: async () => new MirrorTable('mirror', (await describeTable(client, 'public.things'))!, ['id']),
    [Symbol.asyncDispose]: async () => {
      await client.end();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** All chunks of the table, each as large as the reader lets it be. */
async function chunksOf(legacy: Legacy, maxBytes: number): Promise<readonly ReadChunk[]> {
  await using reader = await BackfillReader.open(legacy.url, new AbortController().signal, maxBytes);
  const mirror = await legacy.mirror();
  const chunks: ReadChunk[] = [];
  for (let after: readonly string[] | null = null; ;) {
    const chunk: ReadChunk = await reader.read(
      mirror,
      mirror.part(),
      { kind: 'after', cursor: after, limit: 100_000 },
      'chunk',
      () => undefined,
    );
    chunks.push(chunk);
    if (chunk.isEnd) return chunks;
    after = chunk.lastKey!;
  }
}

test(
  'small rows followed by large ones are read in chunks that keep to the bound, none left out and none twice',
  { timeout: 90_000 },
  async () => {
    await using legacy = await legacyTable();
    await legacy.client.query(
      `INSERT INTO things SELECT n, repeat('x', CASE WHEN n <= 3000 THEN 10 ELSE ${MIB} END) FROM generate_series(1, 3060) n`,
    );
    const chunks = await chunksOf(legacy, 8 * MIB);
    expect(Math.max(...chunks.map(({ bytes }) => bytes.length))).toBeLessThan(9 * MIB + 1_000);
    expect(chunks.length).toBeGreaterThan(6);
    const ids = chunks
      .flatMap(({ bytes }) => bytes.toString().split('\n').slice(0, -1))
      .map((line) => parseInt(line, 10));
    expect(ids).toEqual(Array.from({ length: 3_060 }, (_, i) => i + 1));
    expect(chunks.map(({ rows }) => rows).reduce((a, b) => a + b)).toBe(3_060);
  },
);

test(
  'a row that is larger than the bound passes by itself, and a full last chunk is not taken for the end',
  { timeout: 90_000 },
  async () => {
    await using legacy = await legacyTable();
    await legacy.client.query(`INSERT INTO things SELECT n, repeat('y', 3 * ${MIB}) FROM generate_series(1, 4) n`);
    const chunks = await chunksOf(legacy, MIB);
    expect(chunks.map(({ rows, isEnd }) => [rows, isEnd])).toEqual([
      [1, false],
      [1, false],
      [1, false],
      [1, false],
      [0, true],
    ]);
  },
);

test('the connection is as good as before after a chunk that was cut short', { timeout: 90_000 }, async () => {
  await using legacy = await legacyTable();
  await legacy.client.query(`INSERT INTO things SELECT n, repeat('z', 100000) FROM generate_series(1, 2000) n`);
  await using reader = await BackfillReader.open(legacy.url, new AbortController().signal, MIB);
  const mirror = await legacy.mirror();
  for (let n = 0; n < 20; n += 1) {
    const chunk = await reader.read(
      mirror,
      mirror.part(),
      { kind: 'after', cursor: [String(n * 50)], limit: 100_000 },
      `chunk ${n}`,
      () => undefined,
    );
    expect(chunk.lastKey).toEqual([String(n * 50 + 11)]);
    expect(await reader.estimateRows(mirror)).toBeGreaterThan(0);
  }
});

test('a first copy of small and then large rows gives what a fresh build gives', { timeout: 60_000 }, async () => {
  await using setup = await setupSync();
  await setup.legacy.raw(`INSERT INTO customers (name) SELECT 'customer ' || n FROM generate_series(1, 5) n`);
  await setup.legacy.raw(
    `INSERT INTO orders (customer_id, note, amount)
     SELECT 1 + n % 5, repeat('n', CASE WHEN n <= 5000 THEN 10 ELSE 400000 END), n FROM generate_series(1, 5060) n`,
  );
  const capture = setup.startCapture();
  await caughtUp(capture);
  expect(await setup.actual()).toEqual(await setup.expected());
});

test('pages of the mirror, which are built from, keep to a bound as well', { timeout: 90_000 }, async () => {
  await using setup = await setupSync();
  const { target } = setup;
  await target.raw('CREATE SCHEMA mirror');
  await target.raw(
    'CREATE TABLE mirror.things (id bigint PRIMARY KEY, text text, doc jsonb, raw bytea, tags text[], times timestamptz[])',
  );
  await target.raw(
    `INSERT INTO mirror.things
     SELECT n, repeat('x', CASE WHEN n BETWEEN 1001 AND 1040 THEN ${MIB} ELSE 10 END),
            to_jsonb(repeat('y', CASE WHEN n BETWEEN 1201 AND 1240 THEN ${MIB} ELSE 10 END)),
            decode(repeat('ab', CASE WHEN n BETWEEN 1401 AND 1406 THEN 4 * ${MIB} ELSE 10 END), 'hex'),
            array_fill('many words'::text, ARRAY[CASE WHEN n BETWEEN 1501 AND 1530 THEN 100000 ELSE 1 END]), ARRAY[now()]
       FROM generate_series(1, 2000) n`,
  );
  await setup.legacy.raw(
    'CREATE TABLE things (id bigint PRIMARY KEY, text text, doc jsonb, raw bytea, tags text[], times timestamptz[])',
  );
  const legacy = new Client({ connectionString: setup.legacyUrl });
  await legacy.connect();
  const mirror = new MirrorTable('mirror', (await describeTable(legacy, 'public.things'))!, ['id']);
  await legacy.end();
  const ids: string[] = [];
  let most = 0;
  for (let after: readonly string[] | null = null; ;) {
    const page: Awaited<ReturnType<MirrorTable['page']>> = await mirror.page(target, after, 2_000);
    if (page.length === 0) break;
    ids.push(...page.map((row) => row['id']!));
    most = Math.max(
      most,
      page.flatMap((row) => Object.values(row)).reduce((sum, value) => sum + (value?.length ?? 0), 0),
    );
    after = [ids.at(-1)!];
  }
  expect(ids).toEqual(Array.from({ length: 2_000 }, (_, i) => String(i + 1)));
  // A byte prints as two digits.
  expect(most).toBeLessThan(18 * MIB);
});
