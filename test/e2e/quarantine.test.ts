import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FeatureReport } from '../../src/app/reports/feature-report.ts';
import { CountersUnderFig } from '../support/counters-under-fig.ts';
import type { FigProcess } from '../support/fig-process.ts';
import { runFig } from '../support/fig-process.ts';
import { until } from '../support/until.ts';

let counters: CountersUnderFig;
let fig: FigProcess;
/** A fifth of the default times: how many pairs and requests a verdict needs stays as it is. */
const watch = {
  NODE_OPTIONS: `--import=${new URL('./fixtures/hasty-write-watch.mjs', import.meta.url).href}`,
};

beforeAll(async () => {
  counters = await CountersUnderFig.create(9, undefined, true);
  fig = await counters.startFig(1, watch);
  await counters.stepTo(fig, 'shadow');
}, 120_000);

afterAll(async () => {
  await fig?.[Symbol.asyncDispose]();
  await counters?.[Symbol.asyncDispose]();
});

const writesDropped = async (): Promise<number> => (await fig.status()).shadow?.dropped['writes'] ?? 0;

test('a GET that counts views is found, not compared any more, and told wherever an operator looks', async () => {
  // Visits that leave legacy in peace for a while, as at night, beside a job that writes all the time.
  const job = setInterval(() => void counters.set(9, Math.floor(Math.random() * 100)).catch(() => undefined), 350);
  try {
    await until(
      'the route is in quarantine',
      async () => {
        for (const path of [`/counters/${Math.ceil(Math.random() * 8)}`, '/counters']) {
          await (await fetch(counters.url + path, { headers: { 'x-user': 'ann' } })).text();
          await sleep(220);
        }
        const { features } = await fig.status();
        return (features[0]?.quarantined?.length ?? 0) > 0;
      },
      240_000,
    );
  } finally {
    clearInterval(job);
  }
  const { features } = await fig.status();
  expect(features[0]!.quarantined).toMatchObject([{ route: 'GET /counters/:id', tables: ['public.view_log'] }]);
  const sentence = 'GET /counters/:id seems to write to legacy: table public.view_log';
  const report = await fig.json<FeatureReport>('report', 'counters');
  expect(report.quarantined).toMatchObject([{ route: 'GET /counters/:id' }]);
  expect(report.gate.blockers.join()).toContain(sentence);
  const refused = await runFig(counters.folder, ['promote', 'counters', '--reads']);
  expect(refused.code).toBeGreaterThan(2);
  const before = await writesDropped();
  await counters.ask('GET', 1, 'ann');
  await until('reads of it are not compared', async () => (await writesDropped()) > before);
}, 300_000);

test('it survives a restart, and whoever lifts it is in the audit', async () => {
  await fig[Symbol.asyncDispose]();
  fig = await counters.startFig(1);
  await until('reads of it are not compared', async () => {
    await counters.ask('GET', 1, 'ann');
    return (await writesDropped()) > 0;
  });
  const lifted = await runFig(counters.folder, [
    'quarantine',
    'lift',
    'GET /counters/:id',
    '--why',
    'view_log is only statistics',
  ]);
  expect(lifted).toMatchObject({ code: 0, stdout: 'GET /counters/:id is compared again\n' });
  await until('reads of it are compared again', async () => {
    const dropped = await writesDropped();
    await counters.ask('GET', 1, 'ann');
    const { shadow } = await fig.status();
    return shadow!.dropped['writes'] === dropped && shadow!.compared > 0;
  });
  expect((await runFig(counters.folder, ['quarantine', 'list'])).stdout).toBe('no route is in quarantine\n');
}, 120_000);
