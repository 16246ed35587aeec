import { startNative } from '../native.js';
import { startOurs } from '../ours.js';
import { endOfLog, median, nudge, timed, turns } from '../phase.js';
import { seed } from '../schema.js';

const KNOWN_ROWS = 100_000;

/** Row changes that have piled up while nobody followed: how fast are they applied? */
export async function backlog({ server, model, changes, perTransaction, rounds, profile, progress }) {
  await seed(server, KNOWN_ROWS, { items: model === 'joined' });
  const tables = model === 'joined' ? ['customers', 'orders', 'items'] : ['orders'];
  const native = await startNative(server, tables, { copy: true });
  const ours = await startOurs(server, model, profile);
  const samples = [];
  try {
    for (const contestant of [native, ours]) {
      progress(`first copy, ${contestant.name}`);
      await contestant.start();
      await contestant.ready();
      await contestant.pause();
    }
    for (let round = 0; round < rounds; round += 1) {
      progress(`round ${round + 1} of ${rounds}: writing ${changes} changes`);
      await server.legacy.query('SET synchronous_commit = off'); // A backlog is to be made quickly; it is measured how it is worked off.
      await server.legacy.query(`CALL write_${model}(${changes}, ${KNOWN_ROWS}, ${perTransaction})`);
      const end = await endOfLog(server);
      await nudge(server);
      await server.legacy.query('CHECKPOINT');
      for (const contestant of turns([native, ours], round)) {
        progress(`round ${round + 1} of ${rounds}: ${contestant.name}`);
        const sample = await timed(server, contestant, async () => {
          await contestant.start();
          await contestant.reached(end);
        });
        await contestant.pause();
        samples.push({ name: contestant.name, ...sample });
      }
    }
  } finally {
    await ours.stop();
    await native.stop();
  }
  return summary(samples, changes);
}

/** Rates are medians; the ratio is the median of the ratios within each round. */
export function summary(samples, count) {
  const rows = ['native', 'ours'].map((name) => {
    const mine = samples.filter((sample) => sample.name === name);
    return {
      name,
      perSecond: median(mine.map(({ seconds }) => count / seconds)),
      ownCpuPer10k: median(mine.map(({ ownCpuSeconds }) => (ownCpuSeconds * 10_000) / count)),
      serverCpuPer10k: median(mine.map(({ serverCpuSeconds }) => (serverCpuSeconds * 10_000) / count)),
      peakRssBytes: Math.max(...mine.map(({ peakRssBytes }) => peakRssBytes)),
      ratio: median(ratios(samples, name)),
    };
  });
  return { count, rows };
}

function ratios(samples, name) {
  const of = (wanted) => samples.filter((sample) => sample.name === wanted).map(({ seconds }) => seconds);
  const native = of('native');
  return of(name).map((seconds, n) => native[n] / seconds);
}
