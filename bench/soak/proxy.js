// The proxy under soak, as the benchmark wires it, in a process of its own that also says what it holds.
import { setTimeout as sleep } from 'node:timers/promises';
import { start } from '../proxies/ours.js';

const options = JSON.parse(process.argv[3] ?? '{}');
process.on('disconnect', () => process.exit(0));
/** How often which error was logged. @type {Record<string, number>} */
const logged = {};
const note = (fields, message) => {
  const what = String(fields.code ?? message);
  logged[what] = (logged[what] ?? 0) + 1;
};
const log = { debug: () => undefined, info: () => undefined, warn: note, error: note };
/** How often requests were answered for which reason. @type {Record<string, number>} */
const reasons = {};
const onSeen = ({ reason, servedBy }) => {
  const why = servedBy === 'candidate' ? `candidate (${reason})` : reason;
  reasons[why] = (reasons[why] ?? 0) + 1;
};
// Opens when it is first looked at.
void process.stderr;
const before = resources();
const proxy = await start({ ...options, log, onSeen });

/** What keeps the process alive, by kind. */
function resources() {
  /** @type {Record<string, number>} */
  const kinds = {};
  for (const kind of process.getActiveResourcesInfo()) kinds[kind] = (kinds[kind] ?? 0) + 1;
  return kinds;
}

/** What there is now and was not at the beginning. */
function leftOver() {
  const left = {};
  for (const [kind, count] of Object.entries(resources())) {
    if (count > (before[kind] ?? 0)) left[kind] = count - (before[kind] ?? 0);
  }
  return left;
}

const answers = {
  sample: () => {
    globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    return { rss, heapUsed, external, cpuSeconds: (user + system) / 1e6, ...answers.state() };
  },
  state: () => ({
    inFlight: proxy.inFlight(),
    load: proxy.load(),
    shadow: proxy.shadow(),
    breakers: proxy.breakers(),
    logged,
    reasons,
  }),
  phase: (phase) => proxy.setPhase(phase),
  drain: () => proxy.drain(),
  /** Stops everything and says what is left of it, at the latest after five seconds. */
  stop: async () => {
    await proxy.stop();
    const until = performance.now() + 5_000;
    while (Object.keys(leftOver()).length > 0 && performance.now() < until) await sleep(50);
    return { left: leftOver(), ...answers.state() };
  },
};

process.on('message', async ({ id, ask, value }) => {
  try {
    process.send?.({ id, answer: (await answers[ask](value)) ?? true });
  } catch (error) {
    process.send?.({ id, answer: { error: String(error) } });
  }
});
process.send?.({ ready: true, port: proxy.port });
