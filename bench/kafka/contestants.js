import { startChild } from '../load/child.js';
import { startOurs } from '../sync/ours.js';
import { profiling } from '../sync/profiling.js';

const MIGRATION = 'bench_kafka';

/** A leader and a projector of one topic, each a process of its own. The read model is in the database `native` of the server. */
export async function startThroughKafka(server, kafka, { model, profile, topic = 'bench' }) {
  const target = server.url('native');
  const events = kafka.eventsFor(topic);
  const options = { legacy: server.url('legacy'), store: target, model, migration: MIGRATION, events };
  const child = await startChild(new URL('leader-child.js', import.meta.url), ['leader', JSON.stringify(options)], {
    execArgv: profiling(profile),
  });
  const projector = await startOurs(server, model, profile, { ours: target, migration: MIGRATION, events });
  const leader = {
    name: 'leader',
    start: () => child.ask('start'),
    ready: () => child.ask('ready'),
    reached: (position) => child.ask('reached', position),
    pause: () => child.ask('stop'),
    usage: () => child.ask('usage'),
    stop: () => child.stop(),
  };
  return { leader, projector: { ...projector, name: 'kafka' } };
}

/** Both as one that is compared with `direct`: its memory is that of both together. */
export function together({ leader, projector }) {
  return {
    name: 'kafka',
    start: async () => {
      await leader.start();
      await projector.start();
    },
    ready: async () => {
      await leader.ready();
      await projector.ready();
    },
    pause: async () => {
      await projector.pause();
      await leader.pause();
    },
    usage: async () => {
      const [one, two] = [await leader.usage(), await projector.usage()];
      return {
        cpuSeconds: one.cpuSeconds + two.cpuSeconds,
        peakRssBytes: one.peakRssBytes + two.peakRssBytes,
      };
    },
  };
}

export async function startDirect(server, { model, profile }) {
  return { ...(await startOurs(server, model, profile)), name: 'direct' };
}
