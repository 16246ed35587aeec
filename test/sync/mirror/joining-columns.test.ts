import { expect, test } from 'vitest';
import { setupSync } from '../fixtures.ts';
import { expectMirrored, keysOf } from '../support/copied-table.ts';

test('columns are indexed by which builds join, but none whose values an index may not take', async () => {
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await legacy.raw(`
    CREATE TABLE shops (code text PRIMARY KEY);
    CREATE TABLE visits (id int PRIMARY KEY, customer_id bigint, tenant_id uuid, shop_id text REFERENCES shops,
      ref_id text, country_id varchar(2), parent_id numeric, session_id text, note_id varchar,
      external_id json, place_id point, tag_id text[], range_id int4range, raw_id jsonb);
    CREATE INDEX ON visits (ref_id);
    CREATE INDEX ON visits (note_id) WHERE id < 0`);
  const long = `(SELECT string_agg(md5(random()::text || n), '') FROM generate_series(1, 300) n)`;
  await legacy.raw(`INSERT INTO visits (id, customer_id, session_id, note_id, external_id, place_id)
    VALUES (1, 7, ${long}, ${long}, '{"a": 1}', '(1,2)')`);
  const capture = setup.startCapture({ readModels: [keysOf('visits')] });
  await expectMirrored(setup, 'visits', capture);
  await legacy.raw(`INSERT INTO visits (id, session_id, ref_id) VALUES (2, ${long}, 'short')`);
  await expectMirrored(setup, 'visits', capture);
  const { rows } = await target.raw(
    `SELECT a.attname AS name FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
      WHERE i.indrelid = 'mirror_summary_v1.visits'::regclass AND NOT i.indisprimary ORDER BY 1`,
  );
  expect(rows.map(({ name }: { name: string }) => name)).toEqual([
    'country_id',
    'customer_id',
    'parent_id',
    'ref_id',
    'shop_id',
    'tenant_id',
  ]);
});
