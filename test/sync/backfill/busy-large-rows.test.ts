import { Client } from 'pg';
import { expect, test } from 'vitest';
import { silentLog } from '../../../src/kernel/log.ts';
import type { Capture } from '../../../src/sync/capture/capture.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';
import { expectMirrored, keysOf } from '../support/copied-table.ts';

const ROWS = 10_000;

/** Each has a value that PostgreSQL stores elsewhere, and leaves out of the log when something else is updated. */
async function seed({ legacy }: SyncSetup): Promise<void> {
  await legacy.raw('CREATE TABLE pages (id int PRIMARY KEY, views int, body text)');
  await legacy.raw('ALTER TABLE pages ALTER body SET STORAGE EXTERNAL');
  await legacy.raw(`INSERT INTO pages SELECT n, 0, repeat(md5(n::text), 100) FROM generate_series(1, ${ROWS}) n`);
}

/** One statement after the other, without a pause, as long as the copy runs. */
async function writeWhile(url: string, isOn: () => boolean, sql: () => string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  let written = 0;
  try {
    for (; isOn(); written += 1) await client.query(sql());
  } finally {
    await client.end();
  }
  return written;
}

/** Copies while they write, and ends when there is nothing left to do but to follow. */
async function copyBeside(setup: SyncSetup, writers: readonly (() => string)[]): Promise<void> {
  const failures: unknown[] = [];
  const log = { ...silentLog, warn: (fields: unknown): void => void failures.push(fields) };
  const capture: Capture = setup.startCapture({ readModels: [keysOf('pages')], log });
  const deadline = Date.now() + 40_000;
  const isCopying = (): boolean => capture.progressOf('summary').state !== 'ready' && Date.now() < deadline;
  const written = await Promise.all(writers.map((sql) => writeWhile(setup.legacyUrl, isCopying, sql)));
  expect(Math.min(...written)).toBeGreaterThan(10);
  expect(capture.progressOf('summary').state).toBe('ready');
  await expectMirrored(setup, 'pages', capture);
  expect(failures).toEqual([]);
}

const any = (): number => 1 + Math.floor(Math.random() * ROWS);

test(
  'a first copy ends while rows with large values are updated at full speed beside it, and all are equal',
  { timeout: 90_000 },
  async () => {
    await using setup = await setupSync();
    await seed(setup);
    await copyBeside(setup, [
      () => `UPDATE pages SET views = views + 1 WHERE id = ${any()}`,
      // One row that is never at rest: there is always an update that the copy has not seen.
      () => `UPDATE pages SET views = views + 1 WHERE id = ${ROWS - 1}`,
      () => `UPDATE pages SET body = repeat(md5(body), 100) WHERE id = ${any()}`,
    ]);
  },
);

test(
  'a first copy ends while keys of rows with large values change at full speed beside it, and all are equal',
  { timeout: 90_000 },
  async () => {
    await using setup = await setupSync();
    await seed(setup);
    let [moved, turns] = [0, 0];
    const place = ROWS - 1;
    await copyBeside(setup, [
      // To where the copy has been, to where it will come, and to and fro.
      () => `UPDATE pages SET id = -id, views = views + 1 WHERE id = ${ROWS - 3 * (moved += 1)}`,
      () => `UPDATE pages SET id = id + ${10 * ROWS} WHERE id = ${any()}`,
      () =>
        `UPDATE pages SET id = ${(turns += 1) < 300 ? '-id' : 'id'}, views = views + 1 WHERE id IN (${place}, ${-place})`,
      () => `UPDATE pages SET views = views + 1 WHERE id = ${-any()}`,
    ]);
  },
);
