import { expect, test } from 'vitest';
import { defineReadModel } from '../../../src/config/read-model-definition.ts';
import type { RowChange } from '../../../src/config/row-change.ts';
import { discardLetter } from '../../../src/store/dead-letter-orders.ts';
import { DeadLetterStore } from '../../../src/store/dead-letter-store.ts';
import type { Capture } from '../../../src/sync/capture/capture.ts';
import { until } from '../../support/until.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';

const letters = new DeadLetterStore();
const schema = `
  CREATE TABLE heads (name text PRIMARY KEY);
  CREATE TABLE lines (id int PRIMARY KEY, head text NOT NULL, n int NOT NULL DEFAULT 0);
  INSERT INTO heads VALUES ('a'); INSERT INTO lines VALUES (1, 'a')`;

/** Its handlers write lines that refer to heads; whether there are such is asked at COMMIT. */
const handled = defineReadModel({
  name: 'pages',
  version: 1,
  key: 'id',
  table: (t) => {
    t.text('id').primary();
    t.text('head').notNullable();
    t.integer('n').notNullable();
  },
  tables: {
    tops: (t) => {
      t.text('name').primary();
    },
    refs: (t) => {
      t.text('id').primary();
      t.text('head').references('name').inTable('rm_pages_v1.tops').deferrable('deferred');
    },
  },
  sources: { heads: { key: 'name' }, lines: { key: 'id', keyOf: (row) => String(row['id']) } },
  on: {
    heads: async ({ kind, after }: RowChange, tx) => {
      if (kind === 'delete') return;
      // What refers comes first here, too.
      await tx('refs').insert({ id: `head ${String(after!['name'])}`, head: after!['name'] });
      await tx('tops').insert({ name: after!['name'] });
    },
    lines: async ({ after }: RowChange, tx) => {
      if (!after) return;
      await tx('refs').insert({ id: after['id'], head: after['head'] }).onConflict('id').merge();
      await tx('pages').insert({ id: after['id'], head: after['head'], n: after['n'] }).onConflict('id').merge();
    },
  },
});

/** One row for each line, of which no two may have the same number when a transaction ends. */
const built = defineReadModel({
  name: 'pages',
  version: 1,
  key: 'id',
  root: 'lines',
  table: (t) => {
    t.text('id').primary();
    t.integer('n').notNullable();
    t.unique(['n'], { deferrable: 'deferred' });
  },
  sources: { lines: { key: 'id', dirty: (row) => [String(row.id)] } },
  build: (keys, mirror, db) =>
    mirror('lines')
      .whereRaw('id::text = ANY(?)', [[...keys] as string[]])
      .select(db.raw('id::text AS id'), 'n'),
});

async function caughtUp(capture: Capture): Promise<void> {
  await until('the read model is ready', () => {
    const progress = capture.progressOf('pages');
    if (progress.state === 'ready') return true;
    throw new Error(`${JSON.stringify(progress)} ${capture.status().error ?? ''}`);
  });
  const position = await capture.source.read();
  capture.source.nudge();
  if (!(await capture.applied('pages')!.waitFor(position, 20_000))) throw new Error(JSON.stringify(capture.status()));
}

async function triedAgain({ target }: SyncSetup): Promise<void> {
  await target('fig.dead_letter').update({ next_at: target.raw('clock_timestamp()') });
  await until('all are tried again', async () => (await letters.list(target)).every(({ attempts }) => attempts > 1));
}

async function mended({ target }: SyncSetup): Promise<void> {
  await until('nothing is parked', async () => {
    await target('fig.dead_letter').update({ next_at: target.raw('clock_timestamp()') });
    return (await letters.list(target)).length === 0;
  });
}

test('a change that breaks what is checked at COMMIT waits alone, and what only looks like that before its end does not', async () => {
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await legacy.raw(schema);
  const capture = setup.startCapture({ readModels: [handled] });
  await caughtUp(capture);
  const pages = target('rm_pages_v1.pages as p').select('id', 'head').orderBy('p.id');
  // Its head comes later, though in time.
  await legacy.raw(`BEGIN; INSERT INTO lines VALUES (2, 'b'); INSERT INTO heads VALUES ('b'); COMMIT`);
  await caughtUp(capture);
  expect(await letters.list(target)).toEqual([]);
  // No head is given for `c`: only COMMIT says so, of the whole batch.
  await legacy.raw(
    `BEGIN; INSERT INTO lines VALUES (3, 'a'), (4, 'c'), (5, 'b'); INSERT INTO heads VALUES ('e'); COMMIT`,
  );
  await caughtUp(capture);
  expect(await letters.list(target)).toMatchObject([{ kind: 'change', sourceKey: ['4'], code: '23503' }]);
  expect(capture.lettersOf('pages').parked).toEqual(['4']);
  await triedAgain(setup);
  // Something else fails in a batch that is otherwise right at its end.
  await legacy.raw(`BEGIN; INSERT INTO lines VALUES (6, 'd'), (7, 'a'); UPDATE heads SET name = 'a' WHERE name = 'a';
    INSERT INTO heads VALUES ('d'); COMMIT`);
  await caughtUp(capture);
  expect((await letters.list(target)).map(({ sourceKey, code }) => [sourceKey, code])).toEqual([
    [['4'], '23503'],
    [['a'], '23505'],
  ]);
  expect((await pages.clone()).map(({ id }: { id: string }) => id)).toEqual(['1', '2', '3', '5', '6', '7']);
  const other = (await letters.list(target)).find(({ code }) => code === '23505')!;
  const order = { feature: 'f', projection: 'pages_v1', who: 'somebody', why: 'a is there', id: other.id };
  expect(await discardLetter(target, order)).toBe(true);
  await legacy.raw(`INSERT INTO heads VALUES ('c')`);
  await caughtUp(capture);
  await mended(setup);
  expect(await pages.clone()).toEqual((await legacy.raw('SELECT id::text AS id, head FROM lines ORDER BY id')).rows);
});

test('a key whose row breaks what is checked at COMMIT is parked alone, and rows that exchange a value are not', async () => {
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await legacy.raw(schema);
  await legacy.raw(`INSERT INTO lines SELECT n, 'a', n FROM generate_series(2, 9) n`);
  const capture = setup.startCapture({ readModels: [built] });
  await caughtUp(capture);
  const pages = target('rm_pages_v1.pages as p').select('id', 'n').orderBy('p.id');
  await legacy.raw(`UPDATE lines SET n = 11 - n WHERE id IN (2, 9)`);
  await caughtUp(capture);
  expect(await letters.list(target)).toEqual([]);
  await legacy.raw(`UPDATE lines SET n = CASE id WHEN 3 THEN 4 ELSE n + 100 END WHERE id IN (3, 5, 6)`);
  await caughtUp(capture);
  expect(await letters.list(target)).toMatchObject([{ kind: 'build', key: '3', code: '23505' }]);
  await triedAgain(setup);
  await legacy.raw(`UPDATE lines SET n = 200 WHERE id = 7`);
  await caughtUp(capture);
  const stored: { n: unknown }[] = await pages.clone();
  expect(stored.map(({ n }) => Number(n))).toEqual([0, 9, 3, 4, 105, 106, 200, 8, 2]);
  await legacy.raw(`UPDATE lines SET n = 300 WHERE id = 3`);
  await caughtUp(capture);
  await mended(setup);
  expect((await pages.clone()).map(({ n }: { n: unknown }) => Number(n))).toEqual([0, 9, 300, 4, 105, 106, 200, 8, 2]);
});
