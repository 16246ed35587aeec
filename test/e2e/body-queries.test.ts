import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TransitionOutcome } from '../../src/app/control.ts';
import type { FeatureReport } from '../../src/app/reports/feature-report.ts';
import { bodyOf } from '../proxy/support/harness.ts';
import type { FigProcess } from '../support/fig-process.ts';
import { startBetween, type ShopBetweenServers } from '../support/shop-between-servers.ts';
import type { ShopUnderFig } from '../support/shop-under-fig.ts';
import { until } from '../support/until.ts';

const config = fileURLToPath(new URL('./fixtures/search.config.ts', import.meta.url));
let world: ShopBetweenServers;
let shop: ShopUnderFig;
let fig: FigProcess;

beforeAll(async () => {
  const candidate = server(async (_, form) => ({ total: form.get('of') === 'bob' ? 2 : 1 }));
  world = await startBetween(config, { legacy: server(answerOfLegacy), candidate });
  ({ shop, fig } = world);
}, 120_000);

afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
});

function server(answer: (body: string, form: URLSearchParams) => Promise<unknown>): Server {
  return createServer(async (req, res) => {
    const body = await bodyOf(req);
    res.setHeader('content-type', 'application/json; charset=utf-8');
    res.end(JSON.stringify(await answer(body, new URLSearchParams(body))));
  });
}

/** Searches over the shop, as its developers would have put them there. */
async function answerOfLegacy(body: string, form: URLSearchParams): Promise<unknown> {
  if (form.has('of') || body === '') return { total: 1 };
  const { id } = JSON.parse(body) as { readonly id: number };
  const response = await fetch(`${shop.shopUrl}/api/orders/${id}`);
  return { found: await response.json() };
}

async function search(
  id: number,
  visitor: string,
): Promise<{ readonly servedBy: string | null; readonly note: string }> {
  const response = await fetch(`${fig.proxy}/api/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie: `shop_session=${visitor}` },
    body: JSON.stringify({ id }),
  });
  const { found } = (await response.json()) as { readonly found: { readonly note: string } };
  return { servedBy: response.headers.get('x-fig-served-by'), note: found.note };
}

const total = (of: string): Promise<Response> =>
  fetch(`${fig.proxy}/api/total`, { method: 'POST', body: new URLSearchParams({ of }) });

async function promote(feature: string, ...more: string[]): Promise<void> {
  const moved = await fig.json<TransitionOutcome>('promote', feature, '--reads', ...more);
  expect(moved.moved, moved.reason).toBe(true);
}

test('in shadow searches by POST are compared with a handler and a service, a HEAD by its head, and nothing of a body is kept', async () => {
  await promote('search');
  await promote('totals');
  await until(
    'all are compared',
    async () => {
      for (let id = 10; id < 30; id += 1) await search(id, `visitor ${id}`);
      for (const of of ['ann', 'bob']) await (await total(of)).text();
      await fetch(`${fig.proxy}/api/total`, { method: 'HEAD' });
      const { features } = await fig.status();
      const [searches, totals] = features;
      expect(searches!.comparisons.match).toBeGreaterThan(3);
      expect(searches!.comparisons).toMatchObject({ mismatch: 0, error: 0 });
      expect(totals!.comparisons).toMatchObject({ match: 2, mismatch: 1 });
      return true;
    },
    45_000,
  );
  const { groups, routes, looked } = await fig.json<FeatureReport>('report', 'totals');
  expect(groups).toMatchObject([{ route: 'POST /api/total', path: '$.total' }]);
  expect(groups[0]!.samples[0]!.question).toBe('POST /api/total');
  expect(routes).toMatchObject([
    { route: 'POST /api/total', comparisons: { match: 1, mismatch: 1 } },
    { route: 'HEAD /api/total', comparisons: { match: 1 } },
  ]);
  expect(looked!.percent).toBe(100);
  const { rows } = await shop.target.raw(
    `SELECT count(*) AS count FROM fig.difference_sample s WHERE s::text ~ 'bob|of='`,
  );
  expect(rows).toEqual([{ count: '0' }]);
}, 60_000);

test('half of the visitors are compared, always the same ones, and the report says so', async () => {
  const { looked } = await fig.json<FeatureReport>('report', 'search');
  expect(looked).toMatchObject({ percent: 50, by: 'visitor' });
  expect(looked!.sentence).toMatch(/^50 % of visitors: \d+ of \d+ reads since the start/);
  const chosen = async (visitor: string): Promise<number> => {
    const before = (await fig.status()).shadow!.dropped['not-sampled']!;
    for (let id = 30; id < 34; id += 1) await search(id, visitor);
    return 4 - ((await fig.status()).shadow!.dropped['not-sampled']! - before);
  };
  const seen = new Set<number>();
  for (const visitor of ['ann', 'bob', 'eve', 'joe', 'kim', 'lea', 'max', 'pia']) seen.add(await chosen(visitor));
  expect(seen).toEqual(new Set([0, 4]));
}, 60_000);

test('in live the handler answers a search as legacy does', async () => {
  while ((await fig.status()).features[0]!.reads !== 'live')
    await promote('search', '--force', '--why', 'the test needs it');
  await until('the candidate serves', async () => (await search(12, 'ann')).servedBy === 'candidate');
  const { note } = await search(12, 'ann');
  const { note: expected } = (await (await fetch(`${shop.shopUrl}/api/orders/12`)).json()) as { readonly note: string };
  expect(note).toBe(expected);
}, 60_000);
