// Captures in a process of its own, so that its memory and CPU are its own, and answers questions about it.
import { models } from './models.js';
import { peakRssBytes } from './processes.js';
import { dist } from './server.js';

const load = (file) => import(`file://${dist}/src/${file}`);
const { Capture } = await load('sync/capture/capture.js');
const { openTarget } = await load('sync/open-target.js');
const { migrateStore } = await load('store/control-store.js');
const { silentLog } = await load('kernel/log.js');
const { sleep } = await load('kernel/service.js');
/** @type {{ legacy: string, ours: string, model: string }} */
const options = JSON.parse(process.argv[3] ?? '{}');

process.on('disconnect', () => process.exit(0));
const model = models[options.model];
const target = openTarget(options.ours);
await migrateStore(target);
let capture;
let copiedAtMs;

const answers = {
  usage: () => {
    const { user, system } = process.cpuUsage();
    return { cpuSeconds: (user + system) / 1e6, peakRssBytes: peakRssBytes() };
  },
  start: () => {
    copiedAtMs = undefined;
    capture = new Capture({
      url: options.legacy,
      migration: 'bench',
      target,
      readModels: [model],
      log: silentLog,
      onProgress: ({ stage }) => {
        if (stage === 'building') copiedAtMs ??= Date.now();
      },
      onPosition: () => undefined,
    });
  },
  /** Resolves when the read model can be read; tells when copying was over. */
  ready: async () => {
    while (capture.progressOf(model.name).state !== 'ready') await step();
    return { copiedAtMs };
  },
  /** Resolves when the read model has reached a position, given as text. */
  reached: async (position) => {
    await answers.ready();
    while (!(await capture.applied(model.name).waitFor(BigInt(position), 1_000))) await step();
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

async function step() {
  await sleep(2);
  const { error } = capture.status();
  if (error) process.stderr.write(`${error}\n`);
}

process.on('message', async ({ id, ask, value }) => {
  process.send?.({ id, answer: await answers[ask](value) });
});
process.send?.({ ready: true });
