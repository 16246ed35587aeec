import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { LegacyAsker } from '../../shadow/ask-legacy.ts';
import type { Exchange } from '../../src/kernel/exchange.ts';
import { HttpCandidate } from '../../src/readmodel/http-candidate.ts';
import { bodyOf, startUpstream } from '../proxy/support/harness.ts';
import { comparerBetween } from './comparer-between.ts';
import { exchangeOf, jsonBody } from './exchanges.ts';

/** A GraphQL server that answers with what it was asked, and keeps it. */
async function startEcho(answer: (body: string) => unknown) {
  const asked: { readonly req: IncomingMessage; readonly body: string }[] = [];
  const upstream = await startUpstream(async (req, res) => {
    const body = await bodyOf(req);
    asked.push({ req, body });
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify(answer(body)));
  });
  return Object.assign(upstream, { asked });
}

const body = '{"query":"query Orders($of: String) { orders(of: $of) { id } }","variables":{"of":"ann@shop.example"}}';

function exchangeFor(answer: unknown): Exchange {
  return exchangeOf('/graphql', {
    route: 'POST /graphql [operation Orders]',
    question: {
      method: 'POST',
      target: '/graphql',
      headers: [
        'Host',
        'shop',
        'Content-Type',
        'application/json',
        'Content-Length',
        String(body.length),
        'Cookie',
        's=1',
      ],
      query: { operation: 'Orders', body: Buffer.from(body) },
    },
    answer: { status: 200, headers: ['Content-Type', 'application/json'], body: jsonBody(answer) },
  });
}

test('a candidate at a URL and legacy are asked a GraphQL query with its body, and nothing of it is kept', async () => {
  await using service = await startEcho(() => ({ data: { orders: [1] } }));
  await using legacy = await startEcho(() => ({ data: { orders: [2] } }));
  await using asker = new LegacyAsker({ url: legacy.url });
  await using candidate = new HttpCandidate(service.url);
  const { comparer, items } = comparerBetween(candidate, asker);
  expect(await comparer.compare(exchangeFor({ data: { orders: [1] } }))).toMatchObject({ verdict: 'match' });
  expect(legacy.asked).toHaveLength(0);
  expect(await comparer.compare(exchangeFor({ data: { orders: [2] } }))).toMatchObject({ verdict: 'mismatch' });
  for (const { req, body: got } of [...service.asked, ...legacy.asked]) {
    expect(got).toBe(body);
    expect(req.method).toBe('POST');
    expect(req.url).toBe('/graphql');
    expect(req.headers).toMatchObject({ 'content-type': 'application/json', cookie: 's=1', 'x-fig-shadow': '1' });
  }
  expect(items).toMatchObject([
    { verdict: 'match', question: 'POST /graphql Orders', shape: '2xx ?$of' },
    { verdict: 'mismatch', question: 'POST /graphql Orders', shape: '2xx ?$of' },
  ]);
  expect(JSON.stringify(items)).not.toMatch(/ann@|query Orders/);
});

test('a POST that was not found to be a query is never asked again', async () => {
  await using legacy = await startEcho(() => ({}));
  await using asker = new LegacyAsker({ url: legacy.url });
  const { query: _, ...question } = exchangeFor({}).question;
  expect(await asker.ask(question)).toEqual({ ok: false, reason: 'POST is not repeated' });
  expect(legacy.asked).toHaveLength(0);
});
