import { Client } from 'pg';
import { expect, test } from 'vitest';
import { defineReadModel } from '../../../src/config/read-model-definition.ts';
import { until } from '../../support/until.ts';
import { setupSync } from '../fixtures.ts';
import { caughtUp, untilReady } from '../two-models.ts';

const things = defineReadModel({
  name: 'things',
  version: 1,
  key: 'id',
  root: 'things',
  table: (t) => t.text('id').primary(),
  sources: { things: { key: 'id', dirty: (row) => [String(row.id)] } },
  build: (keys, mirror) =>
    mirror('things')
      .whereIn('id', [...keys])
      .select('id'),
});

test('a column that comes with values while a copy waits to begin is in the copy', { timeout: 90_000 }, async () => {
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await legacy.raw('CREATE TABLE things (id text PRIMARY KEY, note text)');
  await legacy.raw('CREATE TABLE elsewhere (n int)');
  await legacy.raw(`INSERT INTO things VALUES ('1', 'a')`);
  const writer = new Client({ connectionString: setup.legacyUrl });
  await writer.connect();
  try {
    const capture = setup.startCapture({ readModels: [things] });
    await untilReady(capture, 'things');
    // The copy waits for whoever was writing before it.
    await writer.query('BEGIN; INSERT INTO elsewhere VALUES (1)');
    await legacy.raw(`ALTER TABLE things RENAME note TO remark`);
    await until(
      'a copy waits to begin',
      async () => {
        const found = await legacy.raw(`SELECT count(*)::int AS n FROM pg_stat_activity
            WHERE application_name = 'fig backfill' AND datname = current_database()`);
        return found.rows[0].n === 1;
      },
      30_000,
    );
    await legacy.raw('ALTER TABLE things ADD COLUMN more text');
    await legacy.raw(`INSERT INTO things VALUES ('2', 'b', 'with a value')`);
    await legacy.raw(`UPDATE things SET more = 'later' WHERE id = '1'`);
    await writer.query('COMMIT');
    await until(
      'the mirror has the column and its values',
      async () => {
        await caughtUp(capture, 'things');
        const { rows } = await target.raw('SELECT things::text FROM mirror_things_v1.things ORDER BY id');
        expect(rows).toEqual((await legacy.raw('SELECT things::text FROM things ORDER BY id')).rows);
        return true;
      },
      60_000,
    );
  } finally {
    await writer.end();
  }
});
