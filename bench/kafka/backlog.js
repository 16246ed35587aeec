import { endOfLog, median, nudge, timed, turns } from '../sync/phase.js';
import { seed } from '../sync/schema.js';
import { startDirect, startThroughKafka } from './contestants.js';
import { startDebezium } from './debezium.js';

const KNOWN_ROWS = 100_000;
const PER_TRANSACTION = 10;

/**
 * Row changes that have piled up while nobody followed: how fast does the topic have them, and how fast are they applied,
 * from the topic and directly? All four work off the same changes, one after the other.
 */
export async function backlog({ server, kafka, changes, rounds, profile, progress }) {
  await seed(server, KNOWN_ROWS, { items: false });
  const model = 'single';
  const debezium = await startDebezium(server, kafka);
  const { leader, projector } = await startThroughKafka(server, kafka, { model, profile });
  const direct = await startDirect(server, { model, profile });
  const samples = [];
  try {
    progress('first copies');
    await leader.start();
    await leader.ready();
    for (const contestant of [projector, direct]) {
      await contestant.start();
      await contestant.ready();
      await contestant.pause();
    }
    await leader.pause();
    await debezium.pause();
    for (let round = 0; round < rounds; round += 1) {
      const told = (what) => progress(`round ${round + 1} of ${rounds}: ${what}`);
      told(`writing ${changes} changes`);
      await server.legacy.query('SET synchronous_commit = off'); // It is measured how the backlog is worked off.
      await server.legacy.query(`CALL write_${model}(${changes}, ${KNOWN_ROWS}, ${PER_TRANSACTION})`);
      const end = await endOfLog(server);
      await nudge(server);
      await server.legacy.query('CHECKPOINT');
      for (const contestant of turns([leader, debezium], round)) {
        told(`${contestant.name} to the topic`);
        // A JVM and a leader begin in their own ways, so the time counts from the first message.
        const sample = await timed(server, contestant, async () => {
          await contestant.start();
          return contestant.reached(end, changes);
        });
        await contestant.pause();
        samples.push({ name: contestant.name, ...sample, seconds: sample.answer / 1000 });
      }
      // As it is used: somebody leads, and has nothing to write.
      await leader.start();
      await leader.ready();
      for (const contestant of turns([projector, direct], round)) {
        told(`${contestant.name} to the read model`);
        const sample = await timed(server, contestant, async () => {
          await contestant.start();
          await contestant.reached(end);
        });
        await contestant.pause();
        samples.push({ name: contestant.name, ...sample });
      }
      await leader.pause();
    }
  } finally {
    await Promise.allSettled([leader.stop(), projector.stop(), direct.stop(), debezium.stop()]);
  }
  return {
    changes,
    toTopic: summary(samples, changes, ['debezium', 'leader']),
    toReadModel: summary(samples, changes, ['direct', 'kafka']),
  };
}

/** Rates are medians; the ratio is the median of the ratios to the first of the names within each round. */
function summary(samples, changes, names) {
  const [base] = names;
  const of = (name) => samples.filter((sample) => sample.name === name);
  const seconds = of(base).map((sample) => sample.seconds);
  return names.map((name) => {
    const mine = of(name);
    return {
      name,
      perSecond: median(mine.map((sample) => changes / sample.seconds)),
      ratio: median(mine.map((sample, n) => seconds[n] / sample.seconds)),
      ownCpuPer10k: median(mine.map(({ ownCpuSeconds }) => (ownCpuSeconds * 10_000) / changes)),
      serverCpuPer10k: median(mine.map(({ serverCpuSeconds }) => (serverCpuSeconds * 10_000) / changes)),
      peakRssBytes: Math.max(...mine.map(({ peakRssBytes }) => peakRssBytes)),
    };
  });
}
