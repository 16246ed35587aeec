import { expect, test } from 'vitest';
import { defineReadModel } from '../../../src/config/read-model-definition.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';
import { caughtUp, differences, reconcile, untilReady } from './reconcile-support.ts';

/** A key whose parts sort and print in their own ways, and values of every awkward kind. */
const oddSchema = `
  CREATE TYPE pair AS (a int, b text);
  CREATE DOMAIN short AS varchar(8);
  CREATE TABLE oddities (
    flag boolean NOT NULL, kind char(4) NOT NULL, code text COLLATE %COLLATION% NOT NULL,
    n numeric, exact numeric(50, 20), f float8, at timestamptz, day date, iv interval, b bytea,
    j json, jb jsonb, ints int[], moods mood[], p pair, r int4range, ip inet, u uuid, s short, mood mood, big text,
    "odd ""name" text, doubled int GENERATED ALWAYS AS (length(code) * 2) STORED,
    PRIMARY KEY (flag, kind, code));
  INSERT INTO oddities SELECT n % 2 = 0, (ARRAY['a', 'ab', 'A', 'é'])[1 + n % 4],
    (ARRAY['a', 'B', 'c', 'Ä', 'z', '_', '-', ' ', 'ß', '10', '9', E'\\n', '"', '\\'])[1 + n % 14] || n,
    CASE n % 3 WHEN 0 THEN 'NaN' WHEN 1 THEN 1e-30 * n ELSE 1.50 * n END, n * 12345678901234567890.12345, n / 3.0,
    CASE WHEN n % 5 = 0 THEN 'infinity' ELSE '1899-12-31 23:59:59.000001+00'::timestamptz + n * interval '1 hour' END,
    '0044-03-15 BC', n * interval '1 month 1 microsecond', decode(md5(n::text), 'hex'),
    '{"b": 12345678901234567890,   "a": 1e400}', '{"b": 12345678901234567890.10, "a": null}',
    ARRAY[[1, NULL], [n, 3]], ARRAY['busy', NULL, 'calm']::mood[], ROW(n, 'x,"y'::text)::pair, int4range(n, n + 2), '10.0.0.1',
    gen_random_uuid(), 'short', 'busy', repeat(md5(n::text), CASE WHEN n % 50 = 0 THEN 500 ELSE 1 END), '",()\\'
    FROM generate_series(1, 700) n;
  INSERT INTO oddities (flag, kind, code, big, s) VALUES (true, 'null', 'all null', '', NULL), (true, 'null', '', NULL, '');
`;

const oddModel = defineReadModel({
  name: 'odd',
  version: 1,
  key: 'code',
  table: (t) => {
    t.text('code');
    t.text('kind');
    t.text('big');
    t.specificType('n', 'numeric');
  },
  sources: { oddities: { key: ['flag', 'kind', 'code'], dirty: (row) => [String(row.code)] } },
  build: (keys, mirror) =>
    mirror('oddities')
      .whereIn('code', [...keys])
      .select('code', 'kind', 'big', 'n'),
});

/** A collation that sorts unlike the target's: linguistic where there is one, else by bytes. */
async function strangeCollation({ legacy }: SyncSetup): Promise<string> {
  const found = await legacy.raw(
    `SELECT collname FROM pg_collation WHERE collname IN ('sv-x-icu', 'en-x-icu', 'C') ORDER BY collname DESC LIMIT 1`,
  );
  return `"${found.rows[0].collname}"`;
}

test('odd keys and every kind of value compare equal when they are, whatever order the two servers have', async () => {
  await using setup = await setupSync();
  await setup.legacy.raw(oddSchema.replace('%COLLATION%', await strangeCollation(setup)));
  const capture = setup.startCapture({ readModels: [oddModel] });
  await untilReady(capture, 'odd');
  const result = await reconcile(capture, {}, 'odd');
  expect(differences(result)).toEqual({});
  expect(result.state).toBe('clean');
  expect(result.parts[0]).toMatchObject({ name: 'public.oddities', rows: 702 });

  // And after changes that do not send the large values.
  await setup.legacy.raw(`UPDATE oddities SET n = 0.10, iv = NULL WHERE length(big) > 10000`);
  await setup.legacy.raw(`UPDATE oddities SET kind = 'zz', flag = NOT flag WHERE length(big) > 10000 AND flag`);
  await caughtUp(capture, 'odd');
  expect(differences(await reconcile(capture, {}, 'odd'))).toEqual({});
});

test.each([
  ['a null for an empty text', `UPDATE %M SET big = NULL WHERE code = 'all null'`],
  ['an empty text for a null', `UPDATE %M SET big = '' WHERE code = ''`],
  ['a number of other digits', `UPDATE %M SET n = n + 0.000 WHERE code = 'B29'`],
  ['a part of a large value', `UPDATE %M SET big = overlay(big placing 'x' from 15000) WHERE code = 'ß50'`],
  ['a json of other spaces', `UPDATE %M SET j = '{}' WHERE code = 'c2'`],
  ['a value that moved to the next column', `UPDATE %M SET s = mood, mood = s WHERE code = 'c2'`],
])('%s is a difference, and repaired', async (_what, sql) => {
  await using setup = await setupSync();
  await setup.legacy.raw(oddSchema.replace('%COLLATION%', await strangeCollation(setup)));
  const capture = setup.startCapture({ readModels: [oddModel] });
  await untilReady(capture, 'odd');
  const planted = await setup.target.raw(sql.replace('%M', 'mirror_odd_v1.oddities'));
  expect(planted.rowCount).toBe(1);
  const found = await reconcile(capture, { source: 'public.oddities' }, 'odd');
  expect(differences(found)).toEqual({ 'public.oddities': 'different 1' });
  // A text might be anybody's name.
  expect(found.samples[0]!.key).toMatch(/^(#[0-9a-f]{12}|t|f)(, #[0-9a-f]{12}){2}$/);
  const repaired = await reconcile(capture, { repair: true }, 'odd');
  expect(differences(repaired)['public.oddities']).toBe('different 1, repaired 1');
  expect((await reconcile(capture, {}, 'odd')).state).toBe('clean');
});

test('rows that only one side has are found by keys that the servers sort differently', async () => {
  await using setup = await setupSync();
  await setup.legacy.raw(oddSchema.replace('%COLLATION%', await strangeCollation(setup)));
  const capture = setup.startCapture({ readModels: [oddModel] });
  await untilReady(capture, 'odd');
  await setup.target.raw(`DELETE FROM mirror_odd_v1.oddities WHERE code IN ('a14', 'Ä3')`);
  await setup.target.raw(
    `INSERT INTO mirror_odd_v1.oddities (flag, kind, code) VALUES (false, 'a', 'zzz'), (true, 'ab', 'AAA')`,
  );
  const found = await reconcile(capture, {}, 'odd');
  expect(differences(found)['public.oddities']).toBe('missing 2, extra 2');
  expect((await reconcile(capture, { repair: true }, 'odd')).state).toBe('repaired');
  expect((await reconcile(capture, {}, 'odd')).state).toBe('clean');
});
