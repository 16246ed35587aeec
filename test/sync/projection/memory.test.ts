import { Client } from 'pg';
import { expect, test } from 'vitest';
import { startLargeServer, startMeasuredCapture } from '../support/measured-capture.ts';

/** FIG_LARGE_TRANSACTION_ROWS=5000000 makes it the size that is promised; by default it is what a test run has time for. */
const rows = Number(process.env['FIG_LARGE_TRANSACTION_ROWS'] ?? 300_000);
/** FIG_TRUNCATE_ROWS=1000000 likewise. */
const mirrored = Number(process.env['FIG_TRUNCATE_ROWS'] ?? 200_000);
const limit = 300 * 1024 ** 2;
const budgetMs = 120_000 + rows;

const mib = (bytes: number): number => Math.round(bytes / 1024 ** 2);
const seconds = (ms: number): string => (ms / 1000).toFixed(1);

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const sumsOf = (url: string): Promise<unknown> =>
  withClient(url, async (target) => {
    const { rows: sums } = await target.query(
      'SELECT count(*)::int AS count, sum(number)::text AS sum, count(DISTINCT text)::int AS texts FROM rm_things_v1.things',
    );
    return sums[0];
  });

test(
  `a transaction of ${rows} rows is applied within ${limit / 1024 ** 2} MiB`,
  { timeout: budgetMs * 2 },
  async () => {
    await using server = await startLargeServer();
    await withClient(server.url('legacy'), async (legacy) => {
      await legacy.query('CREATE TABLE things (id bigint PRIMARY KEY, text text, number int)');
      await using capture = await startMeasuredCapture(server.url('legacy'), server.url('target'));
      const before = await capture.ask();
      const startedAt = performance.now();
      await legacy.query(`INSERT INTO things SELECT n, 'thing ' || n, n % 1000 FROM generate_series(1, ${rows}) n`);
      const committedAt = performance.now();
      const after = await capture.caughtUp(legacy, budgetMs);
      const { rows: sum } = await legacy.query('SELECT sum(number)::text AS sum FROM things');
      expect(await sumsOf(server.url('target'))).toEqual({ count: rows, sum: sum[0].sum, texts: rows });
      console.log(
        `${rows} rows: peak memory ${mib(before.peakRss)} MiB before, ${mib(after.peakRss)} MiB after; legacy wrote for ${seconds(committedAt - startedAt)} s, applied ${seconds(performance.now() - committedAt)} s after the commit`,
      );
      expect(after.peakRss).toBeLessThan(limit);
    });
  },
);

test(
  `a truncate of ${mirrored} mirrored rows is applied within ${limit / 1024 ** 2} MiB`,
  { timeout: budgetMs * 2 },
  async () => {
    await using server = await startLargeServer();
    await withClient(server.url('legacy'), async (legacy) => {
      await legacy.query('CREATE TABLE things (id bigint PRIMARY KEY, text text, number int)');
      await legacy.query(`INSERT INTO things SELECT n, 'thing ' || n, n % 1000 FROM generate_series(1, ${mirrored}) n`);
      await using capture = await startMeasuredCapture(server.url('legacy'), server.url('target'));
      const before = await capture.ask();
      const startedAt = performance.now();
      await legacy.query(`BEGIN; TRUNCATE things; INSERT INTO things VALUES (5, 'after', 5); COMMIT`);
      const after = await capture.caughtUp(legacy, budgetMs);
      expect(await sumsOf(server.url('target'))).toEqual({ count: 1, sum: '5', texts: 1 });
      console.log(
        `${mirrored} rows truncated: peak memory ${mib(before.peakRss)} MiB after the first copy, ${mib(after.peakRss)} MiB in the end; applied in ${seconds(performance.now() - startedAt)} s`,
      );
      expect(after.peakRss).toBeLessThan(limit);
    });
  },
);
