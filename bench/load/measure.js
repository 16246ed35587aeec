import { startGenerator, startUpstream } from './child.js';
import { startDatabase } from './database.js';
import { sleep } from './sleep.js';

const WARM_UP_SECONDS = 2;
/** How long the shadow may take to work off what it has, so that it does not run into the next measurement. */
const SETTLE_MS = 20_000;

/**
 * Starts everything, each in a process of its own, and measures in interleaved rounds: noise of the machine then falls on
 * all alike. Returns one row per workload and proxy with the medians over the rounds.
 */
export async function measure({ setups, workloads, rounds, seconds, profile, progress }) {
  const absent = setups.filter((setup) => setup.absent?.()).map(({ name }) => name);
  const present = setups.filter(({ name }) => !absent.includes(name));
  const closers = [];
  try {
    const upstream = opened(closers, await startUpstream());
    const generator = opened(closers, await startGenerator());
    const needsDatabase = present.some((setup) => setup.needsDatabase);
    const database = needsDatabase ? opened(closers, await startDatabase()).url : undefined;
    const proxies = [];
    for (const setup of present) {
      progress(`starting ${setup.name}`);
      proxies.push({
        setup,
        proxy: opened(closers, await setup.start({ upstream: upstream.port, database, profile })),
      });
    }
    const samples = [];
    for (let round = 0; round <= rounds; round += 1) {
      for (const workload of workloads) {
        for (const { setup, proxy } of proxies) {
          const isWarmUp = round === 0;
          progress(`${isWarmUp ? 'warm-up' : `round ${round} of ${rounds}`}: ${workload.name}, ${setup.name}`);
          const sample = await once(generator, proxy, workload, isWarmUp ? WARM_UP_SECONDS : seconds);
          if (!isWarmUp) samples.push({ proxy: setup.name, title: setup.title, workload: workload.name, ...sample });
        }
      }
    }
    progress('');
    return { absent, rows: mediansOf(samples) };
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

function opened(closers, resource) {
  closers.push(() => resource.stop());
  return resource;
}

async function once(generator, proxy, workload, seconds) {
  const before = await proxy.ask('usage');
  const result = await generator.call({ port: proxy.port, workload: workload.name, seconds });
  const after = await proxy.ask('usage');
  const cpuSeconds = before && after ? after.cpuSeconds - before.cpuSeconds : undefined;
  await settle(proxy);
  return {
    requests: result.requests,
    errors: result.errors,
    rps: result.rps,
    p50: result.p50,
    p99: result.p99,
    cpuPer10k: cpuSeconds === undefined ? undefined : (cpuSeconds * 10_000) / result.requests,
    rssBytes: after?.rssBytes,
  };
}

/** Waits until the shadow has worked off what it has. */
export async function settle(proxy, limitMs = SETTLE_MS) {
  const until = performance.now() + limitMs;
  while (performance.now() < until) {
    const shadow = await proxy.ask('shadow');
    if ((shadow?.queued ?? 0) === 0) return;
    await sleep(50);
  }
}

export function mediansOf(samples) {
  const groups = new Map();
  for (const each of samples) {
    const key = `${each.workload} ${each.proxy}`;
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()].map((group) => {
    const of = (key) => median(group.map((each) => each[key]));
    const { proxy, title, workload } = group[0];
    const errors = group.reduce((sum, each) => sum + each.errors, 0);
    const [rps, p50, p99, cpuPer10k, rssBytes] = ['rps', 'p50', 'p99', 'cpuPer10k', 'rssBytes'].map(of);
    return {
      workload,
      proxy,
      title,
      rps,
      p50,
      p99,
      cpuPer10k,
      rssBytes,
      errors,
      rounds: group.map((each) => each.rps),
    };
  });
}

export function median(values) {
  if (values.some((value) => value === undefined)) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
