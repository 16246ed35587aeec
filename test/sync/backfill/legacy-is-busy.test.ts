import { Client } from 'pg';
import { expect, test } from 'vitest';
import { silentLog } from '../../../src/kernel/log.ts';
import { until } from '../../support/until.ts';
import { setupSync } from '../fixtures.ts';
import { expectMirrored, keysOf } from '../support/copied-table.ts';
import { soon } from '../two-models.ts';

test('a copy ends whatever time limits legacy has set for its own statements', { timeout: 60_000 }, async () => {
  await using setup = await setupSync();
  const { legacy } = setup;
  await legacy.raw('CREATE TABLE pages (id int PRIMARY KEY, body text)');
  await legacy.raw('INSERT INTO pages SELECT n, md5(n::text) FROM generate_series(1, 1000000) n');
  // Enough for what is asked of the catalog, but neither for counting the rows nor for reading many.
  const database = new URL(setup.legacyUrl).pathname.slice(1);
  await legacy.raw(`ALTER DATABASE ?? SET statement_timeout = '50ms'`, [database]);
  const capture = setup.startCapture({ readModels: [keysOf('pages')] });
  await until('it is copied', () => capture.progressOf('summary').state === 'building', 50_000);
  const { rows } = await setup.target.raw('SELECT count(*)::int AS count FROM mirror_summary_v1.pages');
  expect(rows).toEqual([{ count: 1_000_000 }]);
});

test(
  'a copy that waits for open transactions is no ready read model, and says who is waited for',
  { timeout: 60_000 },
  async () => {
    await using setup = await setupSync();
    const { legacy } = setup;
    await legacy.raw('CREATE TABLE pages (id int PRIMARY KEY, body text); CREATE TABLE other (id int)');
    await legacy.raw(`INSERT INTO pages VALUES (1, 'one')`);
    const warnings: unknown[] = [];
    const log = { ...silentLog, warn: (fields: unknown): void => void warnings.push(fields) };
    const capture = setup.startCapture({
      readModels: [keysOf('pages')],
      log,
      times: { ...soon.times, tellBlockersAfterMs: 1_000 },
    });
    await expectMirrored(setup, 'pages', capture);
    const writer = new Client({ connectionString: setup.legacyUrl, application_name: 'a long report' });
    await writer.connect();
    try {
      await writer.query('BEGIN; INSERT INTO other VALUES (1)');
      await legacy.raw('ALTER TABLE pages ALTER COLUMN id TYPE bigint');
      await until('it is known to be copied again', () => capture.progressOf('summary').state === 'copying');
      const { rows } = await writer.query('SELECT pg_backend_pid() AS pid');
      await until('it says who is waited for', () =>
        capture.progressOf('summary').error?.includes(`pid ${rows[0].pid} of a long report`),
      );
      expect(warnings).toContainEqual({
        readModel: 'summary_v1',
        blockers: [expect.stringContaining(`pid ${rows[0].pid} of a long report, open for `)],
      });
      await writer.query('COMMIT');
    } finally {
      await writer.end();
    }
    await until('it is built again', () => capture.progressOf('summary').state !== 'copying');
    await expectMirrored(setup, 'pages', capture);
  },
);
