// Writes the changes to a topic in a process of its own, so that its memory and CPU are its own. argv: JSON of
// { legacy, store, model, migration, events }.
import { models } from '../sync/models.js';
import { peakRssBytes } from '../sync/processes.js';
import { dist } from '../sync/server.js';

const load = (file) => import(`file://${dist}/src/${file}`);
const { Leader } = await load('sync/kafka/transport/leader.js');
const { openTarget } = await load('sync/open-target.js');
const { migrateStore } = await load('store/control-store.js');
const { silentLog } = await load('kernel/log.js');
const { sleep } = await load('kernel/service.js');
/** @type {{ legacy: string, store: string, model: string, migration: string, events: object }} */
const options = JSON.parse(process.argv[3] ?? '{}');

process.on('disconnect', () => process.exit(0));
const target = openTarget(options.store);
await migrateStore(target);
let leader;

const answers = {
  usage: () => {
    const { user, system } = process.cpuUsage();
    return { cpuSeconds: (user + system) / 1e6, peakRssBytes: peakRssBytes() };
  },
  start: () => {
    leader = new Leader({
      url: options.legacy,
      storeUrl: options.store,
      target,
      migration: options.migration,
      readModels: [models[options.model]],
      events: options.events,
      log: silentLog,
    });
  },
  ready: async () => {
    while (leader.status().state !== 'leading') await step();
  },
  /** Milliseconds from its first message to the one with which the topic has everything up to a position, given as text. */
  reached: async (position) => {
    await answers.ready();
    const startedAt = performance.now();
    const end = BigInt(position);
    while ((leader.status().written ?? 0n) < end) await step();
    return performance.now() - startedAt;
  },
  stop: () => leader.stop(),
};

async function step() {
  await sleep(2);
  const { error } = leader.status();
  if (error) process.stderr.write(`${error}\n`);
}

process.on('message', async ({ id, ask, value }) => {
  process.send?.({ id, answer: await answers[ask](value) });
});
process.send?.({ ready: true });
