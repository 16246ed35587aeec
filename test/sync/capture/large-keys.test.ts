import { expect, test } from 'vitest';
import { setupSync } from '../fixtures.ts';
import { expectMirrored, keysOf } from '../support/copied-table.ts';

/** So many values of 36 letters do not fit into a page, so PostgreSQL stores some of them elsewhere. */
const columns = Array.from({ length: 60 }, (_, i) => `c${i}`);

test.each(['DEFAULT', 'FULL'])(
  'a row whose key is stored out of line is updated, deleted and moved, with replica identity %s',
  async (identity) => {
    await using setup = await setupSync();
    const { legacy } = setup;
    await legacy.raw(
      `CREATE TABLE wide (id text PRIMARY KEY, ${columns.map((name) => `${name} text`).join(', ')}, n int)`,
    );
    await legacy.raw(`ALTER TABLE wide REPLICA IDENTITY ${identity}`);
    await legacy.raw(
      `INSERT INTO wide SELECT n || gen_random_uuid()::text, ${columns.map(() => 'gen_random_uuid()::text').join(', ')}, 0
         FROM generate_series(1, 4) n`,
    );
    const capture = setup.startCapture({ readModels: [keysOf('wide')] });
    await expectMirrored(setup, 'wide', capture);
    await legacy.raw('UPDATE wide SET n = 1');
    await legacy.raw(`DELETE FROM wide WHERE id LIKE '2%'`);
    await legacy.raw(`UPDATE wide SET id = 'moved' WHERE id LIKE '3%'`);
    await legacy.raw(`UPDATE wide SET c7 = 'another' WHERE id LIKE '4%'`);
    await expectMirrored(setup, 'wide', capture);
    expect(capture.status().error).toBeUndefined();
  },
);
