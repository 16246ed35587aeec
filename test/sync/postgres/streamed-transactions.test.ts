import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { FigError } from '../../../src/kernel/fig-error.ts';
import { brief, FollowedDatabase } from './followed-database.ts';

const ddl = `CREATE TABLE things (id bigint PRIMARY KEY, text text);
  CREATE TABLE parts (id bigint PRIMARY KEY, thing bigint REFERENCES things ON DELETE CASCADE);`;
const insert = (from: number, to: number): string =>
  `INSERT INTO things SELECT n, repeat('x', 50) FROM generate_series(${from}, ${to}) n`;
const inserted = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `insert ${from + i}`);

test('a transaction that is streamed while it runs comes whole, once, and only after its commit', async () => {
  await using database = await FollowedDatabase.create(ddl, { decodingMemory: '64kB' });
  const writer = await database.connect();
  await writer.query('BEGIN');
  await writer.query(insert(1, 30_000));
  await database.client.query(insert(100_000, 100_000));
  expect((await database.read()).map(({ changes }) => brief(changes))).toEqual([['insert 100000']]);
  await writer.query('COMMIT');
  const [large, ...more] = await database.read();
  expect(more).toEqual([]);
  expect(large!.kind).toBe('large');
  expect(brief(large!.changes)).toEqual(inserted(1, 30_000));
  expect(Math.max(...large!.pieces)).toBeLessThan(12_000);
  expect(large!.pieces.length).toBeGreaterThan(3);
});

test('what is rolled back is not seen: savepoints in a streamed transaction, and streamed transactions', async () => {
  await using database = await FollowedDatabase.create(ddl, { decodingMemory: '64kB' });
  const writer = await database.connect();
  await writer.query('BEGIN');
  await writer.query(insert(1, 5_000));
  await writer.query('SAVEPOINT one');
  await writer.query(insert(10_001, 30_000));
  await writer.query('SAVEPOINT two');
  await writer.query(insert(30_001, 35_000));
  await writer.query('RELEASE SAVEPOINT two');
  await writer.query('ROLLBACK TO SAVEPOINT one');
  await writer.query('SAVEPOINT three');
  await writer.query(insert(5_001, 9_000));
  await writer.query('RELEASE SAVEPOINT three');
  await writer.query(insert(9_001, 10_000));
  await writer.query('COMMIT');
  await writer.query('BEGIN');
  await writer.query(insert(50_000, 80_000));
  await writer.query('ROLLBACK');
  const read = await database.read();
  expect(read.map(({ changes }) => brief(changes))).toEqual([inserted(1, 10_000)]);
  expect((await database.stream()).spooledBytes).toBe(0);
});

test('the end of a savepoint in a transaction of which nothing came is no news', async () => {
  await using database = await FollowedDatabase.create(ddl, { decodingMemory: '64kB' });
  const writer = await database.connect();
  await writer.query('BEGIN');
  await writer.query(insert(1, 100));
  await writer.query('SAVEPOINT one');
  await writer.query(insert(1_001, 5_000));
  await writer.query('ROLLBACK TO SAVEPOINT one');
  await writer.query('ROLLBACK');
  await database.client.query(insert(1, 1));
  // It is decoded only now, when the server knows that it was rolled back.
  expect((await database.read()).map(({ changes }) => brief(changes))).toEqual([['insert 1']]);
});

test('transactions that are streamed in turns are kept apart and come in the order of their commits', async () => {
  await using database = await FollowedDatabase.create(ddl, { decodingMemory: '64kB' });
  const [first, second] = [await database.connect(), await database.connect()];
  await first.query('BEGIN');
  await second.query('BEGIN');
  for (let turn = 0; turn < 5; turn += 1) {
    await first.query(insert(turn * 4_000, turn * 4_000 + 3_999));
    await second.query(insert(100_000 + turn * 4_000, 100_000 + turn * 4_000 + 3_999));
    await database.client.query(insert(200_000 + turn, 200_000 + turn));
  }
  await second.query('COMMIT');
  await first.query('COMMIT');
  const read = await database.read();
  expect(read.map(({ changes }) => brief(changes))).toEqual([
    ...inserted(200_000, 200_004).map((change) => [change]),
    inserted(100_000, 119_999),
    inserted(0, 19_999),
  ]);
  const ends = read.map(({ endPosition }) => endPosition);
  expect(ends.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(ends);
});

test('a large transaction that comes after its commit, as after a reconnect, is not held in memory either', async () => {
  await using database = await FollowedDatabase.create(ddl);
  await database.client.query(insert(1, 40_000));
  const [large] = await database.read();
  expect(large!.kind).toBe('large');
  expect(brief(large!.changes)).toEqual(inserted(1, 40_000));
});

test('tables that change inside a streamed transaction are read as they are at each row', async () => {
  await using database = await FollowedDatabase.create(ddl, { decodingMemory: '64kB' });
  const writer = await database.connect();
  await database.client.query(insert(1, 1));
  await writer.query('BEGIN');
  await writer.query(insert(2, 20_000));
  await writer.query('SAVEPOINT one');
  await writer.query('ALTER TABLE things ADD COLUMN lost text');
  await writer.query(`INSERT INTO things SELECT n, 'x', 'lost' FROM generate_series(20001, 40000) n`);
  await writer.query('ROLLBACK TO SAVEPOINT one');
  await writer.query('ALTER TABLE things ADD COLUMN extra text');
  await writer.query(`INSERT INTO things SELECT n, 'x', 'extra' FROM generate_series(20001, 40000) n`);
  await writer.query('COMMIT');
  await database.client.query(`INSERT INTO things VALUES (40001, 'x', 'extra')`);
  const [small, large, after] = await database.read();
  expect(brief(small!.changes)).toEqual(['insert 1']);
  expect(brief(large!.changes)).toEqual(inserted(2, 40_000));
  const columns = new Set(large!.changes.map((change) => ('row' in change ? Object.keys(change.row).join() : '')));
  expect([...columns]).toEqual(['id,text', 'id,text,extra']);
  expect(after!.changes).toMatchObject([{ row: { id: '40001', extra: 'extra' } }]);
});

test('every kind of change comes in a streamed transaction as it does in a small one', async () => {
  const changes = [
    `INSERT INTO things VALUES (1, 'one'), (2, 'two')`,
    'INSERT INTO parts VALUES (7, 1), (8, 2)',
    `UPDATE things SET text = 'uno' WHERE id = 1`,
    `UPDATE things SET id = 3 WHERE id = 2 AND NOT EXISTS (SELECT FROM parts WHERE thing = 2)`,
    'UPDATE parts SET id = 9 WHERE id = 8',
    'DELETE FROM things WHERE id = 2',
    `SELECT pg_logical_emit_message(true, 'outbox', 'inside')`,
    `SELECT pg_logical_emit_message(false, 'outbox', 'outside')`,
    'TRUNCATE things CASCADE',
  ];
  const seen = ['insert 1', 'insert 2', 'insert 7', 'insert 8', 'update 1', 'update 8 to 9', 'delete 2', 'delete 9'];
  const truncated = 'truncate public.things public.parts';
  await using database = await FollowedDatabase.create(ddl, { decodingMemory: '64kB' });
  for (const padding of [[], ['CREATE TABLE pads (id int, text text)', ...pads(1)], pads(2), pads(3)]) {
    for (const sql of ['BEGIN', ...padding, ...changes, 'COMMIT']) await database.client.query(sql);
  }
  const read = await database.read();
  expect(read.map(({ kind }) => kind)).toEqual(['transaction', 'large', 'large', 'large']);
  for (const transaction of read) {
    const own = brief(transaction.changes).filter((change) => !/^insert (-\d+)$/.test(change));
    expect(own.slice(0, -1)).toEqual(seen);
    expect(own.at(-1)).toBe(truncated);
    expect(transaction.messages).toEqual([{ prefix: 'outbox', content: 'inside', after: expect.any(Number) }]);
  }
});

function pads(round: number): string[] {
  return [`INSERT INTO pads SELECT -n * ${round}, 'x' FROM generate_series(1, 15000) n`];
}

test('a transaction of another origin is read like any other', async () => {
  await using database = await FollowedDatabase.create(ddl, { decodingMemory: '64kB' });
  const origin = database.slot;
  await database.client.query('SELECT pg_replication_origin_create($1)', [origin]);
  try {
    await database.client.query('SELECT pg_replication_origin_session_setup($1)', [origin]);
    await database.client.query(insert(1, 2));
    await database.client.query(insert(3, 20_000));
    await database.client.query('SELECT pg_replication_origin_session_reset()');
    const read = await database.read();
    expect(read.map(({ changes }) => brief(changes))).toEqual([inserted(1, 2), inserted(3, 20_000)]);
  } finally {
    await database.client.query('SELECT pg_replication_origin_drop($1)', [origin]);
  }
});

test('with no room on the disk the session ends with a code that says so, and nothing is given on', async () => {
  await using database = await FollowedDatabase.create(ddl, {
    decodingMemory: '64kB',
    spool: { folder: tmpdir(), maxBytes: 1024 * 1024 },
  });
  await database.stream();
  await database.client.query(insert(1, 40_000));
  await expect(database.read()).rejects.toMatchObject({
    code: 'FIG_REPLICATION_FAILED',
    cause: { code: 'FIG_SPOOL_FULL' },
  });
});

test('a folder that cannot be written to ends the session with a code that says so', async () => {
  await using database = await FollowedDatabase.create(ddl, {
    decodingMemory: '64kB',
    spool: { folder: '/nowhere', maxBytes: 1024 ** 3 },
  });
  await database.stream();
  await database.client.query(insert(1, 40_000));
  // Whoever is first hears of it: the session, or whoever reads the transaction.
  const error: unknown = await database.read().catch((failure: unknown) => failure);
  expect(error).toBeInstanceOf(FigError);
  const { code, cause } = error as FigError;
  expect(cause instanceof FigError ? cause.code : code).toBe('FIG_SPOOL_FAILED');
});

test('what the server first says of a table inside a streamed transaction it does not say again after the commit', async () => {
  await using database = await FollowedDatabase.create(ddl, { decodingMemory: '64kB' });
  await database.stream();
  await database.client.query(insert(1, 5_000));
  await database.client.query(insert(9_001, 9_001));
  const [streamed, small] = await database.read();
  expect(brief(streamed!.changes)).toEqual(inserted(1, 5_000));
  expect(brief(small!.changes)).toEqual(['insert 9001']);
});

test('rows that were spilled before a column came are read without it', async () => {
  await using database = await FollowedDatabase.create(ddl, { decodingMemory: '64kB' });
  await database.stream();
  const writer = await database.connect();
  await writer.query('BEGIN');
  await writer.query(insert(1, 30_000));
  await writer.query('ALTER TABLE things ADD COLUMN extra text');
  await writer.query(`INSERT INTO things SELECT n, 'x', 'extra' FROM generate_series(30001, 40000) n`);
  await writer.query('COMMIT');
  const [large] = await database.read();
  const withExtra = large!.changes.filter((change) => 'row' in change && 'extra' in change.row);
  expect(brief(withExtra)).toEqual(inserted(30_001, 40_000));
});
