// Captures in a process of its own, so that its memory and CPU are its own, and answers questions about it.
import { load } from '../dist.js';
import { answering, step } from './answering.js';
import { models } from './models.js';

const { Capture } = await load('src/sync/capture/capture.js');
const { openTarget } = await load('src/sync/open-target.js');
const { migrateStore } = await load('src/store/control-store.js');
const { silentLog } = await load('src/kernel/log.js');
/** `events`: the changes come from that topic. @type {{ legacy: string, ours: string, model: string, events?: object, migration?: string }} */
const options = JSON.parse(process.argv[3] ?? '{}');

const model = models[options.model];
const migration = options.migration ?? 'bench';
const target = openTarget(options.ours);
await migrateStore(target);
let capture;
let copiedAtMs;

const answers = {
  start: async () => {
    copiedAtMs = undefined;
    capture = new Capture({
      url: options.legacy,
      migration,
      target,
      readModels: [model],
      ...(options.events && { changes: await topicSource() }),
      log: silentLog,
      onProgress: ({ stage }) => {
        if (stage === 'building') copiedAtMs ??= Date.now();
      },
      onPosition: () => undefined,
    });
  },
  /** Resolves when the read model can be read; tells when copying was over. */
  ready: async () => {
    while (capture.progressOf(model.name).state !== 'ready') await step(status);
    return { copiedAtMs };
  },
  /** Resolves when the read model has reached a position, given as text. */
  reached: async (position) => {
    await answers.ready();
    while (!(await capture.applied(model.name).waitFor(BigInt(position), 1_000))) await step(status);
  },
  /** Compares the read model with legacy at full speed; an empty answer where this fig cannot do that. */
  reconcile: async () => {
    const { signal } = new AbortController();
    const outcome = await capture.reconcile?.(model.name, {
      repair: false,
      maxLoad: 1,
      onProgress: () => undefined,
      signal,
    });
    return outcome?.state;
  },
  stop: async () => {
    await capture.stop();
  },
};

async function topicSource() {
  const { TopicSource } = await load('src/sync/kafka/transport/topic-source.js');
  const { spoolDefaults } = await load('src/sync/postgres/spool-space.js');
  const { batchDefaults } = await load('src/sync/batch-limits.js');
  const rest = { storeUrl: options.ours, spool: spoolDefaults, batch: batchDefaults, log: silentLog };
  return new TopicSource({ events: options.events, migration, target, ...rest });
}

function status() {
  return capture.status();
}

answering(answers);
