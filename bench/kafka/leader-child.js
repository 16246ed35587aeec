// Writes the changes to a topic in a process of its own, so that its memory and CPU are its own. argv: JSON of
// { legacy, store, model, migration, events }.
import { load } from '../dist.js';
import { answering, step } from '../sync/answering.js';
import { models } from '../sync/models.js';

const { Leader } = await load('src/sync/kafka/transport/leader.js');
const { openTarget } = await load('src/sync/open-target.js');
const { migrateStore } = await load('src/store/control-store.js');
const { silentLog } = await load('src/kernel/log.js');
/** @type {{ legacy: string, store: string, model: string, migration: string, events: object }} */
const options = JSON.parse(process.argv[3] ?? '{}');

const target = openTarget(options.store);
await migrateStore(target);
let leader;

const answers = {
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
    while (leader.status().state !== 'leading') await step(status);
  },
  /** Milliseconds from its first message to the one with which the topic has everything up to a position, given as text. */
  reached: async (position) => {
    await answers.ready();
    const startedAt = performance.now();
    const end = BigInt(position);
    while ((leader.status().written ?? 0n) < end) await step(status);
    return performance.now() - startedAt;
  },
  stop: () => leader.stop(),
};

function status() {
  return leader.status();
}

answering(answers);
