import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StatusReport, TransitionOutcome } from '../../src/app/control.ts';
import type { FeatureReport } from '../../src/app/reports/feature-report.ts';
import type { FigProcess } from '../support/fig-process.ts';
import { ShopUnderFig } from '../support/shop-under-fig.ts';
import { until } from '../support/until.ts';

const config = fileURLToPath(new URL('./fixtures/frugal.config.ts', import.meta.url));
let shop: ShopUnderFig;
let fig: FigProcess;

beforeAll(async () => {
  shop = await ShopUnderFig.create(60);
  fig = await shop.startFig(2, config);
  await shop.untilReadModelReady(fig);
}, 120_000);

afterAll(async () => {
  await fig?.[Symbol.asyncDispose]();
  await shop?.[Symbol.asyncDispose]();
});

const promote = (): Promise<TransitionOutcome> =>
  fig.json<TransitionOutcome>('promote', 'orders', '--reads', '--force', '--why', 'the test needs it');

async function read(target: string): Promise<{ readonly text: string; readonly servedBy: string }> {
  const response = await fetch(fig.proxy + target);
  const servedBy = response.headers.get('x-fig-served-by') ?? 'legacy';
  return { text: `${response.status} ${await response.text()}`, servedBy };
}

async function fromLegacy(target: string): Promise<string> {
  const response = await fetch(shop.shopUrl + target);
  return `${response.status} ${await response.text()}`;
}

async function shadow(): Promise<NonNullable<StatusReport['shadow']>> {
  const { shadow: stats } = await fig.status();
  if (stats === undefined) throw new Error('there is no shadow');
  return stats;
}

test('in shadow what is over the budget is answered as by legacy, and counted where an operator looks', async () => {
  expect(await promote()).toMatchObject({ to: 'shadow' });
  await until('the proxy has heard of it', async () => {
    await read('/api/orders/20');
    return (await shadow()).compared > 0;
  });
  for (let id = 9; id <= 40; id += 1) {
    expect((await read(`/api/orders/${id}`)).text).toBe(await fromLegacy(`/api/orders/${id}`));
  }
  const { compared, dropped, perSecond } = await shadow();
  expect(compared).toBe(1);
  expect(dropped['over-budget']).toBeGreaterThanOrEqual(32);
  expect(perSecond).toBe(0.01);

  const { addresses } = await fig.status();
  const metrics = await (await fetch(`${addresses.admin}/metrics`)).text();
  expect(metrics).toContain('fig_shadow_budget_per_second 0.01');
  expect(metrics).toContain(`fig_shadow_dropped_total{reason="over-budget"} ${dropped['over-budget']}`);
});

test('in live a failure that is not drawn is no evidence, as a match would be none, but operators see it', async () => {
  while ((await promote()).to !== 'live');
  await until('the candidate serves', async () => (await read('/api/orders/20')).servedBy === 'candidate');
  for (const id of [21, 22]) {
    const target = `/api/orders/${id}?fail=1`;
    expect(await read(target)).toEqual({ text: await fromLegacy(target), servedBy: 'legacy' });
    expect((await read(`/api/orders/${id}`)).servedBy).toBe('candidate');
  }
  const { traffic } = await fig.status();
  expect(traffic.fallbacks).toMatchObject({ 'candidate-failed': 2 });
  const { comparisons } = await fig.json<FeatureReport>('report', 'orders');
  expect(comparisons).toMatchObject({ match: 0, error: 0 });
});
