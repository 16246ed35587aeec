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

const config = fileURLToPath(new URL('./fixtures/graphql.config.ts', import.meta.url));
let world: ShopBetweenServers;
let shop: ShopUnderFig;
let fig: FigProcess;

beforeAll(async () => {
  const candidate = graphqlServer(async ({ variables }) => ({ total: variables['of'] === 'bob' ? 2 : 1 }));
  world = await startBetween(config, { legacy: graphqlServer(answerOfLegacy), candidate });
  ({ shop, fig } = world);
}, 120_000);

afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
});

interface GraphqlBody {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

function graphqlServer(answer: (body: GraphqlBody) => Promise<unknown>): Server {
  return createServer(async (req, res) => {
    const data = await answer(JSON.parse(await bodyOf(req)) as GraphqlBody);
    res.setHeader('content-type', 'application/json; charset=utf-8');
    res.end(JSON.stringify({ data }));
  });
}

/** GraphQL over the shop, as its developers would have put it there. */
async function answerOfLegacy({ query, variables }: GraphqlBody): Promise<unknown> {
  if (query.startsWith('query Total')) return { total: 1 };
  if (query.startsWith('mutation')) {
    await shop.legacy('orders').where({ id: variables['id'] }).update({ note: variables['note'] });
    return { ok: true };
  }
  const response = await fetch(`${shop.shopUrl}/api/orders/${String(variables['id'])}`);
  return { order: await response.json() };
}

const orderQuery = 'query Order($id: ID!) { order(id: $id) { id note } }';

interface Answer {
  readonly data: { readonly order: { readonly note: string } };
  readonly servedBy: string | null;
  readonly reason: string | null;
  readonly cookies: string;
}

async function ask(query: string, variables: object, cookie = 'shop_session=ann'): Promise<Answer> {
  const response = await fetch(`${fig.proxy}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie },
    body: JSON.stringify({ query, variables }),
  });
  const { data } = (await response.json()) as Pick<Answer, 'data'>;
  const { headers } = response;
  const cookies = headers.getSetCookie().map((line) => line.split(';')[0]!);
  const servedBy = headers.get('x-fig-served-by');
  return { data, servedBy, reason: headers.get('x-fig-reason'), cookies: cookies.join('; ') };
}

async function promote(feature: string, ...more: string[]): Promise<void> {
  const moved = await fig.json<TransitionOutcome>('promote', feature, '--reads', ...more);
  expect(moved.moved, moved.reason).toBe(true);
}

test('in shadow, GraphQL queries are compared with a handler and with a service at a URL', async () => {
  await promote('orders');
  await promote('totals');
  await ask('query Others { others }', { id: 10 });
  // On a busy machine the shadow leaves questions out, or waits for answers in vain, so each is asked until it is compared.
  await until(
    'both are compared',
    async () => {
      for (let id = 10; id < 30; id += 1) expect((await ask(orderQuery, { id })).reason).toBe('phase-shadow');
      for (const of of ['ann', 'bob']) await ask('query Totals($of: String) { total(of: $of) }', { of });
      const { features } = await fig.status();
      const [orders, totals] = features;
      expect(orders!.comparisons).toMatchObject({ match: 20, mismatch: 0 });
      expect(totals!.comparisons).toMatchObject({ match: 1, mismatch: 1 });
      return true;
    },
    45_000,
  );
  const { groups } = await fig.json<FeatureReport>('report', 'totals');
  expect(groups).toMatchObject([{ route: 'POST /graphql [operation /^Total/]', path: '$.data.total' }]);
  expect(groups[0]!.samples[0]!.question).toBe('POST /graphql Totals');
  // Nothing else of a question is anywhere in the store.
  const { rows } = await shop.target.raw(
    `SELECT count(*) AS count FROM fig.difference_sample s WHERE s::text ~ 'bob|query'`,
  );
  expect(rows).toEqual([{ count: '0' }]);
}, 60_000);

test('in live the handler answers as legacy does, and a mutation is read back by whoever sent it', async () => {
  while ((await fig.status()).features[0]!.reads !== 'live') {
    await promote('orders', '--force', '--why', 'the test needs it');
  }
  await until('the candidate serves', async () => (await ask(orderQuery, { id: 12 })).servedBy === 'candidate');
  const { data } = await ask(orderQuery, { id: 12 });
  expect({ ...data.order, generated_at: '' }).toEqual({
    ...((await answerOfLegacy({ query: orderQuery, variables: { id: 12 } })) as Answer['data']).order,
    generated_at: '',
  });
  const served = new Set<string | null>();
  let cookie = 'shop_session=eve';
  for (let n = 0; n < 20; n += 1) {
    const note = `note ${n}`;
    const written = await ask(
      'mutation Order($id: ID!, $note: String) { note(id: $id, note: $note) }',
      { id: 14, note },
      cookie,
    );
    expect(written).toMatchObject({ servedBy: null, reason: 'graphql-not-a-query' });
    cookie = `shop_session=eve; ${written.cookies}`;
    const read = await ask(orderQuery, { id: 14 }, cookie);
    expect(read.data.order.note).toBe(note);
    served.add(read.servedBy);
  }
  expect(served).toContain('candidate');
}, 60_000);
