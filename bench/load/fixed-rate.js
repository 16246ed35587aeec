import { startChild, startGenerator, startUpstream } from './child.js';
import { startDatabase } from './database.js';
import { median } from './measure.js';

const host = new URL('../proxies/host.js', import.meta.url);
const legacy = { name: 'legacy', percent: 0 };
const shadow = { name: 'shadow', percent: 0 };
/** Seconds at saturation, for the code to get compiled. */
const WARM_UP_SECONDS = 3;
/** Seconds under load before anything counts: connections are opened, and the budget of the shadow finds its level. */
const LEAD_SECONDS = 2;
const situations = [
  { name: 'off', title: 'shadow off', phase: legacy },
  { name: 'on', title: 'shadow on, 100 %', phase: shadow },
  { name: 'stuck', title: 'shadow on, its worker stops a second after each start', phase: shadow, candidate: 'stuck' },
  { name: 'hung', title: 'shadow on, candidate hung', phase: shadow, candidate: 'hung' },
  { name: 'dies', title: 'shadow on, its worker dies a second after each start', phase: shadow, candidate: 'dies' },
];

/**
 * Open loop at half of what saturates the proxy with the shadow off; medians over interleaved rounds. A proxy lives for its own
 * measurement only: what another one does in the background, restarting its worker for one, would be charged to this one.
 */
export async function measureFixedRate({ rounds, seconds, only, profile, progress }) {
  const chosen = situations.filter(({ name }) => only === undefined || only.includes(name));
  const closers = [];
  const opened = (resource) => {
    closers.push(() => resource.stop());
    return resource;
  };
  try {
    const upstream = opened(await startUpstream());
    const generator = opened(await startGenerator());
    const database = opened(await startDatabase()).url;
    const within = async ({ phase, candidate }, use) => {
      const options = { upstream: upstream.port, phase, database, candidate };
      const execArgv = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
      const proxy = await startChild(host, ['ours', JSON.stringify(options)], { execArgv });
      const ask = (more) => generator.call({ port: proxy.port, workload: 'json', seconds, ...more });
      try {
        await ask({ seconds: WARM_UP_SECONDS });
        const result = await use(ask);
        // A shadow that does not compare disturbs nobody, and would make the table say so.
        const { compared = 0 } = (await proxy.ask('shadow')) ?? {};
        if (phase === shadow && candidate === undefined && compared === 0) throw new Error('nothing was compared');
        return { ...result, compared };
      } finally {
        await proxy.stop();
      }
    };
    progress('saturation');
    const { rps: saturation } = await within(situations[0], (ask) => ask({}));
    const rate = Math.round(saturation / 2);
    const samples = new Map(chosen.map(({ name }) => [name, []]));
    for (let round = 1; round <= rounds; round += 1) {
      for (const situation of chosen) {
        progress(`round ${round} of ${rounds}: ${situation.name} at ${rate}/s`);
        const sample = await within(situation, (ask) => ask({ rate, leadSeconds: LEAD_SECONDS }));
        samples.get(situation.name).push(sample);
      }
    }
    const rows = chosen.map(({ name, title }) => {
      const of = (key) => median(samples.get(name).map((sample) => sample[key]));
      const errors = samples.get(name).reduce((sum, sample) => sum + sample.errors, 0);
      const p99s = samples.get(name).map(({ p99 }) => p99);
      const compared = of('compared');
      return { name, title, compared, p50: of('p50'), p99: of('p99'), p999: of('p999'), max: of('max'), errors, p99s };
    });
    return { saturation: Math.round(saturation), rate, rounds, seconds, rows };
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}
