import { startNative } from '../native.js';
import { startOurs } from '../ours.js';
import { endOfLog, nudge, timed } from '../phase.js';
import { seed } from '../schema.js';
import { summary } from './backlog.js';

/** One transaction with very many rows: is it applied, and in how much memory? */
export async function largeTransaction({ server, changes, profile, progress }) {
  await seed(server, 1_000, { items: false });
  const native = await startNative(server, ['orders'], { copy: true });
  const ours = await startOurs(server, 'single', profile);
  const samples = [];
  try {
    for (const contestant of [native, ours]) {
      await contestant.start();
      await contestant.ready();
      await contestant.pause();
    }
    progress(`writing one transaction of ${changes} rows`);
    await server.legacy.query(
      `INSERT INTO orders SELECT 10000 + n, 1 + n % 1000, 'the note of order ' || n, n % 1000, 'open', now() FROM generate_series(1, ${changes}) n`,
    );
    const end = await endOfLog(server);
    await nudge(server);
    for (const contestant of [native, ours]) {
      progress(`one transaction of ${changes} rows: ${contestant.name}`);
      const sample = await timed(server, contestant, async () => {
        await contestant.start();
        await contestant.reached(end);
      });
      await contestant.pause();
      samples.push({ name: contestant.name, ...sample });
    }
  } finally {
    await ours.stop();
    await native.stop();
  }
  return summary(samples, changes);
}
