import { expect, test } from 'vitest';
import { defineReadModel } from '../../../src/config/read-model-definition.ts';
import { setupSync } from '../fixtures.ts';
import { caughtUp, differences, reconcile } from '../reconcile/reconcile-support.ts';

/** What legacy apps call their columns and would better not. */
const names = ['a.b', 'paid?', 'quo"te', 'select', '__proto__', 'constructor', 'with space', 'ünï', 'x_id', 'y?.z_id'];

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const list = names.map((name) => `${quoted(name)} text`).join(', ');

const odd = defineReadModel({
  name: 'odd',
  version: 1,
  key: 'key',
  table: (t) => {
    t.text('key').primary();
    t.text('row');
  },
  sources: { 'Odd.Things': { key: ['id.?', 'n'], dirty: (row) => [String(row['id.?'])] } },
  build: async (keys, mirror) =>
    (await mirror('Odd.Things'))
      .filter((row: Record<string, unknown>) => keys.includes(String(row['id.?'])))
      .map((row: Record<string, unknown>) => ({
        key: row['id.?'],
        row: names.map((name) => String(row[name])).join('|'),
      })),
});

test('columns may have any name that PostgreSQL allows, in copies, changes, pages of a build and comparisons', async () => {
  await using setup = await setupSync();
  await setup.legacy.raw('CREATE SCHEMA "Odd"');
  const run = (sql: string): Promise<unknown> => setup.legacy.raw(sql.replaceAll('?', String.raw`\?`));
  await run(`CREATE TABLE "Odd"."Things" ("id.?" text, n int, ${list}, PRIMARY KEY ("id.?", n))`);
  const values = names.map((name) => `'${name}'`).join(', ');
  await run(`INSERT INTO "Odd"."Things" SELECT 'copied ' || n, n, ${values} FROM generate_series(1, 3) n`);
  const capture = setup.startCapture({ readModels: [odd] });
  await caughtUp(capture, 'odd');
  await run(`INSERT INTO "Odd"."Things" VALUES ('sent', 1, ${values})`);
  await run(`UPDATE "Odd"."Things" SET "paid?" = 'no', "id.?" = 'moved' WHERE "id.?" = 'copied 1'`);
  await run(`DELETE FROM "Odd"."Things" WHERE "id.?" = 'copied 2'`);
  await caughtUp(capture, 'odd');
  const stored = async (): Promise<readonly string[]> =>
    (await setup.target('rm_odd_v1.odd').orderBy('key').select('key', 'row')).map(({ key, row }) => `${key}: ${row}`);
  const row = names.join('|');
  expect(await stored()).toEqual([`copied 3: ${row}`, `moved: ${row.replace('paid?', 'no')}`, `sent: ${row}`]);
  expect(differences(await reconcile(capture, {}, 'odd'))).toEqual({});
  await run('TRUNCATE "Odd"."Things"');
  await caughtUp(capture, 'odd');
  expect(await stored()).toEqual([]);
}, 60_000);
