import { expect, test } from 'vitest';
import { defineReadModel } from '../../../src/config/read-model-definition.ts';
import type { Capture } from '../../../src/sync/capture/capture.ts';
import { until } from '../../support/until.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';
import { caughtUp, soon, untilReady } from '../two-models.ts';

const timeout = 90_000;

/** A copy of a table in which the columns `id` and `code` are each unique. */
function goods(name: string, key: 'id' | 'code') {
  return defineReadModel({
    name,
    version: 1,
    key,
    root: 'goods',
    table: (t) => {
      t.integer(key).primary();
      t.text('title');
    },
    sources: { goods: { key, dirty: (row) => [Number(row[key])] } },
    build: (keys, mirror) =>
      mirror('goods')
        .whereIn(key, [...keys])
        .select(key, 'title'),
  });
}

async function makeGoods({ legacy }: SyncSetup): Promise<void> {
  await legacy.raw('CREATE TABLE goods (id int PRIMARY KEY, code int NOT NULL UNIQUE, title text)');
  await legacy.raw(`INSERT INTO goods VALUES (1, 10, 'one'), (2, 20, 'two')`);
}

const rows = async (from: Promise<{ rows: unknown }>): Promise<unknown> => (await from).rows;

async function untilEqual({ legacy, target }: SyncSetup, capture: Capture): Promise<void> {
  await until(
    'the read model has the rows of legacy',
    async () => {
      await caughtUp(capture, 'goods');
      const stored = await rows(target.raw('SELECT id, title FROM rm_goods_v1.goods ORDER BY 1'));
      expect(stored).toEqual(await rows(legacy.raw('SELECT id, title FROM goods ORDER BY 1')));
      return true;
    },
    timeout,
  );
}

test(
  'keys that change while the replica identity is an index without them leave no rows behind',
  { timeout },
  async () => {
    await using setup = await setupSync();
    await makeGoods(setup);
    const capture = setup.startCapture({ readModels: [goods('goods', 'id')] });
    await untilReady(capture, 'goods');
    await setup.legacy.raw('ALTER TABLE goods REPLICA IDENTITY USING INDEX goods_code_key');
    await setup.legacy.raw('UPDATE goods SET id = 100 WHERE id = 1');
    await setup.legacy.raw('ALTER TABLE goods REPLICA IDENTITY DEFAULT');
    await untilEqual(setup, capture);
  },
);

test(
  'so do keys that change while fig refuses such a replica identity, and a column that comes meanwhile hides nothing',
  { timeout },
  async () => {
    await using setup = await setupSync();
    await makeGoods(setup);
    const capture = setup.startCapture({ ...soon, readModels: [goods('goods', 'id')] });
    await untilReady(capture, 'goods');
    await setup.legacy.raw('ALTER TABLE goods REPLICA IDENTITY USING INDEX goods_code_key');
    await until('it is refused', () => capture.status().error?.includes('does not tell the key'), timeout);
    await setup.legacy.raw('UPDATE goods SET id = 100 WHERE id = 1');
    await setup.legacy.raw('DELETE FROM goods WHERE id = 2');
    await setup.legacy.raw('ALTER TABLE goods ADD COLUMN more text');
    await setup.legacy.raw('ALTER TABLE goods REPLICA IDENTITY DEFAULT');
    await untilReady(capture, 'goods');
    await untilEqual(setup, capture);
  },
);

test('a table of which two read models declare different keys is refused', { timeout }, async () => {
  await using setup = await setupSync();
  await makeGoods(setup);
  for (const readModels of [
    [goods('other', 'code'), goods('goods', 'id')],
    [goods('goods', 'id'), goods('other', 'code')],
  ]) {
    const capture = setup.startCapture({ readModels });
    const refused = 'the declared key (code) is not its primary key or replica identity';
    await until('it is refused', () => capture.status().error?.includes(refused));
    await capture.stop();
  }
  const both = setup.startCapture({ readModels: [goods('goods', 'id'), goods('more', 'id')] });
  await untilReady(both, 'goods');
});
