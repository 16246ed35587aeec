import { startChild, startGenerator, startUpstream } from './child.js';
import { startDatabase } from './database.js';
import { median, settle } from './measure.js';

const host = new URL('../proxies/host.js', import.meta.url);
const legacy = { name: 'legacy', percent: 0 };
const shadow = { name: 'shadow', percent: 0 };
/** A hung candidate never gets done; what it still holds is timers, which disturb nobody. */
const SETTLE_MS = 3_000;
/** Seconds under load before anything counts: connections are opened, and the budget of the shadow finds its level. */
const LEAD_SECONDS = 2;
const situations = [
  { name: 'off', title: 'shadow off', phase: legacy },
  { name: 'on', title: 'shadow on, 100 %', phase: shadow },
  { name: 'hung', title: 'shadow on, candidate hung', phase: shadow, candidate: 'hung' },
  { name: 'dies', title: 'shadow on, its worker dies a second after each start', phase: shadow, candidate: 'dies' },
];

/** Open loop at half of what saturates the proxy with the shadow off; medians over interleaved rounds. */
export async function measureFixedRate({ rounds, seconds, progress }) {
  const closers = [];
  const opened = (resource) => {
    closers.push(() => resource.stop());
    return resource;
  };
  try {
    const upstream = opened(await startUpstream());
    const generator = opened(await startGenerator());
    const database = opened(await startDatabase()).url;
    const proxies = [];
    for (const { phase, candidate, ...situation } of situations) {
      const options = { upstream: upstream.port, phase, database, candidate };
      proxies.push({
        ...situation,
        proxy: opened(await startChild(host, ['ours', JSON.stringify(options)])),
        samples: [],
      });
    }
    const ask = (proxy, more) => generator.call({ port: proxy.port, workload: 'json', seconds, ...more });
    progress('warm-up');
    for (const { proxy } of proxies) {
      await ask(proxy, { seconds: 2 });
      await settle(proxy, SETTLE_MS);
    }
    progress('saturation');
    const { rps: saturation } = await ask(proxies[0].proxy, {});
    const rate = Math.round(saturation / 2);
    for (let round = 1; round <= rounds; round += 1) {
      for (const { name, proxy, samples } of proxies) {
        progress(`round ${round} of ${rounds}: ${name} at ${rate}/s`);
        samples.push(await ask(proxy, { rate, leadSeconds: LEAD_SECONDS }));
        await settle(proxy, SETTLE_MS);
      }
    }
    const rows = proxies.map(({ name, title, samples }) => {
      const of = (key) => median(samples.map((sample) => sample[key]));
      const errors = samples.reduce((sum, sample) => sum + sample.errors, 0);
      return { name, title, p50: of('p50'), p99: of('p99'), p999: of('p999'), max: of('max'), errors };
    });
    return { saturation: Math.round(saturation), rate, rounds, seconds, rows };
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}
