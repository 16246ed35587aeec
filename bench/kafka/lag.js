import { startChild } from '../load/child.js';
import { timed, turns } from '../sync/phase.js';
import { rowOf } from '../sync/scenarios/lag.js';
import { seed } from '../sync/schema.js';
import { startDirect, startThroughKafka, together } from './contestants.js';

const KNOWN_ROWS = 100_000;
const visible = 'SELECT id FROM rm_order_copy_v1.order_copy WHERE id = ANY ($1::bigint[])';

/** Small transactions at a fixed rate: how long after its commit is a row seen by who looks at the read model? */
export async function lag({ server, kafka, rate, seconds, rounds, profile, progress }) {
  await seed(server, KNOWN_ROWS, { items: false });
  const parts = await startThroughKafka(server, kafka, { model: 'single', profile, topic: 'bench-lag' });
  const direct = await startDirect(server, { model: 'single', profile });
  const load = await startChild(new URL('../sync/load-child.js', import.meta.url), ['load']);
  const targets = { direct: server.url('ours'), kafka: server.url('native') };
  const samples = [];
  let firstId = 200_000_000;
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const contestant of turns([direct, together(parts)], round)) {
        const { name } = contestant;
        progress(`round ${round + 1} of ${rounds}: ${rate} transactions/s, ${name}`);
        await contestant.start();
        await contestant.ready();
        const task = { legacy: server.url('legacy'), target: targets[name], visible, rate, known: KNOWN_ROWS };
        // Warm-up that nobody looks at, which also waits until what the other one's turn left is worked off.
        firstId += 1_000_000;
        await load.ask('run', { ...task, seconds: 1, firstId });
        firstId += 1_000_000;
        const sample = await timed(server, contestant, () => load.ask('run', { ...task, seconds, firstId }));
        await contestant.pause();
        samples.push({ name, ...sample });
      }
    }
  } finally {
    await Promise.allSettled([load.stop(), parts.leader.stop(), parts.projector.stop(), direct.stop()]);
  }
  const rows = ['direct', 'kafka'].map((name) => {
    const mine = samples.filter((sample) => sample.name === name);
    const lags = mine.flatMap(({ answer }) => answer.lags).toSorted((a, b) => a - b);
    return { ...rowOf(name, mine, rate), p90: lags[Math.min(lags.length - 1, Math.floor(lags.length * 0.9))] };
  });
  return { rate, seconds, rows };
}
