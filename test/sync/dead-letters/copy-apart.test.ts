import { Client } from 'pg';
import { expect, test } from 'vitest';
import { CarefulAttempts } from '../../../src/sync/dead-letters/attempts.ts';
import { copyApart } from '../../../src/sync/dead-letters/land-apart.ts';
import { MirrorTable } from '../../../src/sync/mirror/mirror-table.ts';
import { openTarget } from '../../../src/sync/open-target.ts';
import { describeTable } from '../../../src/sync/postgres/catalog.ts';
import { DeadLetterStore } from '../../../src/store/dead-letter-store.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { setupSync } from '../fixtures.ts';
import { caughtUp, makeDue, seedOrders, untilState } from '../poison.ts';

test(
  'lines that the mirror does not take are left out of a chunk, also where the stream has brought rows of it',
  { timeout: 90_000 },
  async () => {
    await using database = await createTestDatabase();
    const db = openTarget(database.url);
    const client = new Client({ connectionString: database.url });
    await client.connect();
    try {
      await client.query('CREATE TABLE things (id bigint PRIMARY KEY, said text)');
      await client.query(
        `CREATE SCHEMA mirror CREATE TABLE things (id bigint PRIMARY KEY, said text CHECK (said <> 'poison'))`,
      );
      await client.query(`INSERT INTO mirror.things VALUES (5, 'from the stream'), (60, 'from the stream')`);
      const mirror = new MirrorTable('mirror', (await describeTable(client, 'public.things'))!, ['id']);
      const poison = [1, 33, 34, 100];
      const lines = Array.from(
        { length: 100 },
        (_, i) => `${i + 1}\t${poison.includes(i + 1) ? 'poison' : 'copied'}\n`,
      );
      const careful = new CarefulAttempts(10);
      await db.transaction((tx) =>
        copyApart(tx, careful, mirror, {
          source: 'public.things',
          part: mirror.part(),
          bytes: Buffer.from(lines.join('')),
        }),
      );
      expect(careful.failures.map(({ kind, sourceKey, code }) => [kind, sourceKey, code])).toEqual(
        poison.map((id) => ['land', [String(id)], '23514']),
      );
      const { rows } = await client.query(
        `SELECT count(*)::int AS n, count(DISTINCT id)::int AS ids, min(said) AS least, max(said) AS most FROM mirror.things`,
      );
      expect(rows).toEqual([{ n: 96, ids: 96, least: 'copied', most: 'copied' }]);
    } finally {
      await client.end();
      await db.destroy();
    }
  },
);

test(
  'a first copy with lines that the mirror refuses comes to its end, is not read, and is made good by copying again',
  { timeout: 90_000 },
  async () => {
    await using setup = await setupSync();
    await seedOrders(setup, 1_000);
    await setup.legacy.raw(`UPDATE orders SET note = 'poison' WHERE id IN (1, 500, 1000)`);
    await setup.target.raw(`
    CREATE FUNCTION refuse_poison() RETURNS event_trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF to_regclass('mirror_summary_v1.orders') IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_constraint WHERE conname = 'no_poison'
      ) THEN
        ALTER TABLE mirror_summary_v1.orders ADD CONSTRAINT no_poison CHECK (note <> 'poison');
      END IF;
    END $$`);
    await setup.target.raw(
      `CREATE EVENT TRIGGER refuse_poison ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION refuse_poison()`,
    );
    const capture = setup.startCapture();
    await untilState(capture, 'paused');
    const letters = await new DeadLetterStore().list(setup.target);
    expect(letters.map(({ kind, source, sourceKey }) => [kind, source, sourceKey])).toEqual(
      ['1', '500', '1000'].map((id) => ['land', 'public.orders', [id]]),
    );
    expect((await setup.target('mirror_summary_v1.orders').count('* as n'))[0]).toEqual({ n: '997' });

    await setup.target.raw('DROP EVENT TRIGGER refuse_poison');
    await makeDue(setup.target);
    await caughtUp(capture);
    expect(await setup.actual()).toEqual(await setup.expected());
  },
);
