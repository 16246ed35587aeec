import { startNative } from '../native.js';
import { startOurs } from '../ours.js';
import { timed, turns } from '../phase.js';
import { seed } from '../schema.js';
import { summary } from './backlog.js';

/** A first copy of one table: ours into the mirror and then into the read model, native's into a table. */
export async function backfill({ server, rows, rounds, profile, progress }) {
  await seed(server, rows, { items: false });
  const copies = [];
  const builds = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const start of turns([startNative, startOurs], round)) {
      await forget(server);
      const contestant =
        start === startNative
          ? await start(server, ['orders'], { copy: true })
          : await start(server, 'single', profile);
      progress(`round ${round + 1} of ${rounds}: ${contestant.name} copies ${rows} rows`);
      try {
        await server.legacy.query('CHECKPOINT');
        const sample = await timed(server, contestant, async () => {
          await contestant.start();
          return contestant.ready();
        });
        const copiedAtMs = sample.answer?.copiedAtMs;
        const seconds = copiedAtMs === undefined ? sample.seconds : (copiedAtMs - sample.startedAtMs) / 1000;
        copies.push({ name: contestant.name, ...sample, seconds });
        builds.push({ name: contestant.name, ...sample });
        await contestant.pause();
      } finally {
        await contestant.stop();
      }
    }
  }
  return { copied: summary(copies, rows), readable: summary(builds, rows) };
}

/** What an earlier capture left: its slot, so that the next one copies again. */
async function forget(server) {
  await server.legacy.query(
    `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name LIKE 'fig_%' AND NOT active`,
  );
}
