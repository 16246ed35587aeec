import { startChild } from '../../load/child.js';
import { startNative } from '../native.js';
import { startOurs } from '../ours.js';
import { median, timed, turns } from '../phase.js';
import { seed } from '../schema.js';

const KNOWN_ROWS = 100_000;

/** Small transactions at a fixed rate: how long after its commit is a row seen by who looks at the other end? */
export async function lag({ server, rate, seconds, rounds, profile, progress }) {
  await seed(server, KNOWN_ROWS, { items: false });
  const native = await startNative(server, ['orders'], { copy: true });
  const ours = await startOurs(server, 'single', profile);
  const load = await startChild(new URL('../load-child.js', import.meta.url), ['load']);
  const ends = {
    native: { target: server.url('native'), visible: 'SELECT id FROM orders WHERE id = ANY ($1::bigint[])' },
    ours: {
      target: server.url('ours'),
      visible: 'SELECT id FROM rm_order_copy_v1.order_copy WHERE id = ANY ($1::bigint[])',
    },
  };
  const samples = [];
  let firstId = 200_000_000;
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const contestant of turns([native, ours], round)) {
        progress(`round ${round + 1} of ${rounds}: ${rate} transactions/s, ${contestant.name}`);
        await contestant.start();
        await contestant.ready();
        // A second of warm-up that nobody looks at, which also waits until what the other one's turn left is worked off.
        firstId += 1_000_000;
        const task = { legacy: server.url('legacy'), ...ends[contestant.name], rate, known: KNOWN_ROWS };
        await load.ask('run', { ...task, seconds: 1, firstId });
        firstId += 1_000_000;
        const sample = await timed(server, contestant, () => load.ask('run', { ...task, seconds, firstId }));
        await contestant.pause();
        samples.push({ name: contestant.name, ...sample });
      }
    }
  } finally {
    await load.stop();
    await ours.stop();
    await native.stop();
  }
  const rows = ['native', 'ours'].map((name) =>
    rowOf(
      name,
      samples.filter((sample) => sample.name === name),
      rate,
    ),
  );
  return { rate, seconds, rows };
}

/** Percentiles over all samples of one contestant, with CPU per 10,000 transactions. */
export function rowOf(name, samples, rate) {
  const lags = samples.flatMap(({ answer }) => answer.lags).toSorted((a, b) => a - b);
  const at = (share) => lags[Math.min(lags.length - 1, Math.floor(lags.length * share))];
  const transactions = samples.map(({ seconds }) => seconds * rate);
  return {
    name,
    probes: lags.length,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    max: lags.at(-1),
    achieved: median(samples.map(({ answer }) => answer.perSecond)),
    ownCpuPer10k: median(samples.map(({ ownCpuSeconds }, n) => (ownCpuSeconds * 10_000) / transactions[n])),
    serverCpuPer10k: median(samples.map(({ serverCpuSeconds }, n) => (serverCpuSeconds * 10_000) / transactions[n])),
    peakRssBytes: Math.max(...samples.map(({ peakRssBytes }) => peakRssBytes)),
  };
}
