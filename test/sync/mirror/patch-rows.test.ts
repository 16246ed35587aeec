import { expect, test } from 'vitest';
import { setupSync } from '../fixtures.ts';
import { expectMirrored, keysOf } from '../support/copied-table.ts';

const TOAST = `SELECT pg_relation_size(reltoastrelid)::text AS bytes FROM pg_class
  WHERE oid = 'mirror_summary_v1.pages'::regclass`;

test('a large value is neither read nor written again when something else of its row is updated', async () => {
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await legacy.raw('CREATE TABLE pages (id int PRIMARY KEY, views int, body text, more text)');
  await legacy.raw('ALTER TABLE pages ALTER body SET STORAGE EXTERNAL, ALTER more SET STORAGE EXTERNAL');
  await legacy.raw(
    `INSERT INTO pages SELECT n, 0, string_agg(md5(random()::text || g || n), ''), 'short'
       FROM generate_series(1, 50) n, generate_series(1, 3000) g GROUP BY n`,
  );
  const capture = setup.startCapture({ readModels: [keysOf('pages')] });
  await expectMirrored(setup, 'pages', capture);
  const before = (await target.raw(TOAST)).rows;
  expect(Number(before[0].bytes)).toBeGreaterThan(4_000_000);
  for (let n = 0; n < 3; n += 1) await legacy.raw('UPDATE pages SET views = views + 1, more = ?', [`short ${n}`]);
  await legacy.raw(
    'BEGIN; UPDATE pages SET views = 9 WHERE id < 20; UPDATE pages SET more = NULL WHERE id > 10; DELETE FROM pages WHERE id = 3; COMMIT',
  );
  await expectMirrored(setup, 'pages', capture);
  expect((await target.raw(TOAST)).rows).toEqual(before);
  // In one batch, some rows leave out one large value and some two.
  await legacy.raw(`BEGIN; UPDATE pages SET more = repeat('m', 5000) WHERE id < 9;
    UPDATE pages SET views = 10 WHERE id < 6; UPDATE pages SET body = 'short' WHERE id IN (1, 8); UPDATE pages SET id = -id WHERE id = 2; COMMIT`);
  await legacy.raw('UPDATE pages SET views = views + 1');
  await expectMirrored(setup, 'pages', capture);
});
