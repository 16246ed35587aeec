import { expect, test } from 'vitest';
import { defineReadModel } from '../../../src/config/read-model-definition.ts';
import { setupSync } from '../fixtures.ts';
import { caughtUp } from '../two-models.ts';

const times = defineReadModel({
  name: 'times',
  version: 1,
  key: 'id',
  table: (t) => {
    t.integer('id').primary();
    t.text('texts');
  },
  sources: { times: { key: 'id', dirty: ({ id }) => [String(id)] } },
  build: (keys, mirror, db) =>
    mirror('times')
      .whereIn('id', [...keys])
      .select('id', db.raw(`concat_ws(', ', at::text, day::text, lasts::text, ratio::text, bytes::text) AS texts`)),
});

const odd = [
  `datestyle = 'SQL, DMY'`,
  `intervalstyle = 'sql_standard'`,
  `timezone = 'Asia/Kathmandu'`,
  'extra_float_digits = -10',
  `bytea_output = 'escape'`,
];

test('copied and streamed values are the same however the legacy database is set to print them', async () => {
  await using setup = await setupSync();
  const database = new URL(setup.legacyUrl).pathname.slice(1);
  for (const setting of odd) await setup.legacy.raw(`ALTER DATABASE ${database} SET ${setting}`);
  await setup.legacy.raw(
    'CREATE TABLE times (id int PRIMARY KEY, at timestamptz, day date, lasts interval, ratio float8, bytes bytea)',
  );
  const insert = (id: number): Promise<unknown> =>
    setup.legacy.raw(
      String.raw`INSERT INTO times VALUES (${id}, '2024-02-01 12:00:00.000001Z', '2024-02-01', '1 mon -3 sec', 0.1::float8 + 0.2::float8, '\x00ff5c')`,
    );
  await insert(1);
  const capture = setup.startCapture({ readModels: [times] });
  await caughtUp(capture, 'times');
  await insert(2);
  await caughtUp(capture, 'times');
  const texts = String.raw`2024-02-01 12:00:00.000001+00, 2024-02-01, 1 mon -00:00:03, 0.30000000000000004, \x00ff5c`;
  expect(await setup.target('rm_times_v1.times').orderBy('id').pluck('texts')).toEqual([texts, texts]);
}, 60_000);
