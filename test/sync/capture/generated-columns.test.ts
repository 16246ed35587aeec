import type { Knex } from 'knex';
import { expect, it, test } from 'vitest';
import { defineReadModel } from '../../../src/config/read-model-definition.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { Capture } from '../../../src/sync/capture/capture.ts';
import type { CaptureOptions } from '../../../src/sync/capture/capture-options.ts';
import { openTarget } from '../../../src/sync/open-target.ts';
import { runSql, serverVersions, startTestServer } from '../../support/postgres-server.ts';
import { createStoreDatabase, createTestDatabase } from '../../support/test-database.ts';
import { until } from '../../support/until.ts';
import { soon } from '../two-models.ts';

const prices = defineReadModel({
  name: 'prices',
  version: 1,
  key: 'id',
  root: 'prices',
  table: (t) => {
    t.integer('id').primary();
    t.specificType('gross', 'numeric');
  },
  sources: { prices: { key: 'id', dirty: (row) => [Number(row.id)] } },
  build: (keys, mirror, db) =>
    mirror('prices')
      .whereIn('id', [...keys])
      .select('id')
      .select({ gross: db.raw('net * 2') }),
});

it.each(serverVersions)('copied and streamed rows agree on what is generated, on PostgreSQL %i', async (version) => {
  await using server = await startTestServer(version);
  const url = await server.createDatabase('legacy');
  await runSql(
    url,
    'CREATE TABLE prices (id int PRIMARY KEY, gross numeric GENERATED ALWAYS AS (net * 2) STORED, net numeric)',
    ...(version >= 18 ? ['ALTER TABLE prices ADD COLUMN seen numeric GENERATED ALWAYS AS (net * 3) VIRTUAL'] : []),
    'INSERT INTO prices (id, net) VALUES (1, 1.50), (2, 2.25)',
  );
  await using database = await createStoreDatabase();
  const target = openTarget(database.url);
  const capture = startCapture(url, target);
  try {
    const built = async (): Promise<unknown> => {
      const { rows } = (await target.raw('SELECT id, gross::text AS gross FROM rm_prices_v1.prices ORDER BY id')) as {
        rows: unknown;
      };
      return rows;
    };
    const expected = (): Promise<unknown> => runSql(url, 'SELECT id, gross::text AS gross FROM prices ORDER BY id');
    await until('the copy is built', async () => {
      expect(await built()).toEqual(await expected());
      return capture.progressOf('prices').state === 'ready';
    });
    await runSql(url, 'INSERT INTO prices (id, net) VALUES (3, 9.99)', 'UPDATE prices SET net = net + 1 WHERE id = 1');
    await until('streamed rows are as those that were copied', async () => {
      expect(await built()).toEqual(await expected());
      return true;
    });
    const columns = await runSql(
      database.url,
      `SELECT attname FROM pg_attribute WHERE attrelid = 'mirror_prices_v1.prices'::regclass AND attnum > 0 ORDER BY attnum`,
    );
    expect(columns).toEqual([{ attname: 'id' }, { attname: 'net' }]);
  } finally {
    await capture.stop();
    await target.destroy();
  }
});

test.runIf(serverVersions.includes(18))(
  'a publication that sends generated columns, too, lets nothing be copied again',
  { timeout: 60_000 },
  async () => {
    await using server = await startTestServer(18);
    const url = await server.createDatabase('legacy');
    await runSql(
      url,
      'CREATE TABLE prices (id int PRIMARY KEY, net numeric, gross numeric GENERATED ALWAYS AS (net * 2) STORED)',
      'CREATE PUBLICATION fig_generated_legacy FOR TABLE prices WITH (publish_generated_columns = stored)',
    );
    await using database = await createStoreDatabase();
    const target = openTarget(database.url);
    const seen: unknown[] = [];
    try {
      for (const id of [1, 2, 3]) {
        await using capture = startCapture(url, target);
        await until('it is ready', () => capture.progressOf('prices').state === 'ready');
        await runSql(url, `INSERT INTO prices (id, net) VALUES (${id}, 1.50)`);
        await until('the row has come', async () => {
          const { rows } = (await target.raw('SELECT id, gross::text FROM rm_prices_v1.prices ORDER BY id')) as Rows;
          expect(rows).toEqual(await runSql(url, 'SELECT id, gross::text FROM prices ORDER BY id'));
          return true;
        });
        seen.push(await runSql(database.url, `SELECT 'mirror_prices_v1.prices'::regclass::oid::text AS oid`));
      }
      expect(new Set(seen.map((each) => JSON.stringify(each))).size).toBe(1);
    } finally {
      await target.destroy();
    }
  },
);

test('a column that was generated and is not any more has its values in the mirror', { timeout: 60_000 }, async () => {
  await using legacy = await createTestDatabase();
  await using database = await createStoreDatabase();
  await runSql(
    legacy.url,
    'CREATE TABLE prices (id int PRIMARY KEY, net numeric, gross numeric GENERATED ALWAYS AS (net * 2) STORED)',
    'INSERT INTO prices (id, net) VALUES (1, 1.50), (2, 2.25)',
  );
  const target = openTarget(database.url);
  try {
    await using capture = startCapture(legacy.url, target, soon);
    await until('it is ready', () => capture.progressOf('prices').state === 'ready');
    await runSql(legacy.url, 'ALTER TABLE prices ALTER COLUMN gross DROP EXPRESSION');
    await until(
      'the mirror has its values',
      async () => {
        const { rows } = (await target.raw('SELECT prices::text FROM mirror_prices_v1.prices ORDER BY id')) as Rows;
        expect(rows).toEqual(await runSql(legacy.url, 'SELECT prices::text FROM prices ORDER BY id'));
        return capture.progressOf('prices').state === 'ready';
      },
      50_000,
    );
  } finally {
    await target.destroy();
  }
});

interface Rows {
  readonly rows: unknown;
}

function startCapture(url: string, target: Knex, more: Partial<CaptureOptions> = {}): Capture & AsyncDisposable {
  const capture = new Capture({
    url,
    migration: 'generated',
    target,
    readModels: [prices],
    log: silentLog,
    onProgress: () => undefined,
    onPosition: () => undefined,
    ...more,
  });
  return Object.assign(capture, { [Symbol.asyncDispose]: () => capture.stop() });
}
