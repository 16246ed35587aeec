import { expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { brief, FollowedDatabase } from './followed-database.ts';

test('a reader that takes nothing for longer than wal_sender_timeout is not dropped, and misses nothing', async () => {
  await using database = await FollowedDatabase.create(
    `CREATE TABLE things (id bigint PRIMARY KEY, text text);
     DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET wal_sender_timeout = ''2500ms''', current_database()); END $$;`,
  );
  await database.stream();
  // More than is held in memory, so that the socket is paused and the server waits to send more.
  for (let n = 0; n < 40; n += 1) {
    await database.client.query(
      `INSERT INTO things SELECT n, repeat('x', 150) FROM generate_series(${n * 9_000}, ${n * 9_000 + 8_999}) n`,
    );
  }
  await until('the server has heard of us for much longer than it would have waited', async () => {
    const { rows } = await database.client.query(
      `SELECT reply_time - backend_start > interval '8 seconds' AS patient, sent_lsn < pg_current_wal_lsn() AS behind
         FROM pg_stat_replication JOIN pg_replication_slots ON active_pid = pid WHERE slot_name = $1`,
      [database.slot],
    );
    expect(rows).toHaveLength(1);
    return rows[0].patient === true && rows[0].behind === true;
  });
  const read = await database.read();
  expect(read.flatMap(({ changes }) => brief(changes))).toHaveLength(360_000);
}, 60_000);
