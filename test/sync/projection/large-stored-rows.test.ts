import { Client } from 'pg';
import { expect, test } from 'vitest';
import { type MeasuredModel, startLargeServer, startMeasuredCapture } from '../support/measured-capture.ts';

/** Rows that together are larger than the heap: a few bytes on the wire each, when only another column is updated. */
const ROWS = 400;
const LETTERS = 500_000;
const limit = 300 * 1024 ** 2;

test.each<[string, MeasuredModel]>([
  ['`dirty` looks at', 'watched'],
  ['handlers are given', 'handled'],
])('stored rows that %s are read within 300 MiB, however large they are', { timeout: 240_000 }, async (_, model) => {
  await using server = await startLargeServer();
  const [legacy, target] = await Promise.all(
    ['legacy', 'target'].map(async (name) => {
      const client = new Client({ connectionString: server.url(name) });
      await client.connect();
      return client;
    }),
  );
  try {
    await legacy!.query('CREATE TABLE things (id bigint PRIMARY KEY, text text, number int)');
    await legacy!.query('ALTER TABLE things ALTER text SET STORAGE EXTERNAL');
    await legacy!.query(
      `INSERT INTO things SELECT n, repeat(md5(n::text), ${LETTERS / 32}), n FROM generate_series(1, ${ROWS}) n`,
    );
    await using capture = await startMeasuredCapture(server.url('legacy'), server.url('target'), model);
    const before = await capture.ask();
    await legacy!.query('UPDATE things SET number = number + 1');
    await legacy!.query('UPDATE things SET id = id + 10000, number = number + 1');
    await legacy!.query('BEGIN; UPDATE things SET id = id + 10000; UPDATE things SET number = number + 1; COMMIT');
    const after = await capture.caughtUp(legacy!, 100_000);
    const { rows } = await target!.query(
      `SELECT count(*)::int AS count, min(id)::int AS least, sum(number)::int AS sum, min(text) AS letters
         FROM rm_things_v1.things`,
    );
    const sum = (ROWS * (ROWS + 1)) / 2 + 3 * ROWS;
    expect(rows).toEqual([{ count: ROWS, least: 20_001, sum, letters: String(LETTERS) }]);
    console.log(`${model}: peak ${before.peakRss >> 20} MiB before, ${after.peakRss >> 20} MiB after`);
    expect(after.peakRss).toBeLessThan(limit);
  } finally {
    await Promise.all([legacy!.end(), target!.end()]);
  }
});
