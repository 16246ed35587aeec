import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { LegacyAsker } from '../../shadow/ask-legacy.ts';
import type { Exchange } from '../../src/kernel/exchange.ts';
import { HttpCandidate } from '../../src/readmodel/http-candidate.ts';
import type { EvidenceItem } from '../../src/store/evidence-item.ts';
import { bodyOf, startUpstream } from '../proxy/support/harness.ts';
import { noCompareRules } from './arbitraries.ts';
import { comparerBetween } from './comparer-between.ts';
import { exchangeOf, jsonBody } from './exchanges.ts';

interface Asked {
  readonly req: IncomingMessage;
  readonly body: string;
}

/** A server that answers by what it is asked, and keeps it. */
async function startServer(answer: (asked: Asked) => { status?: number; headers?: string[]; body?: string }) {
  const asked: Asked[] = [];
  const upstream = await startUpstream(async (req, res) => {
    const one = { req, body: await bodyOf(req) };
    asked.push(one);
    const { status = 200, headers = ['Content-Type', 'application/json'], body = '{}' } = answer(one);
    res.writeHead(status, headers).end(body);
  });
  return Object.assign(upstream, { asked });
}

async function comparing(
  legacyUrl: URL,
  candidateUrl: URL,
  run: (compare: (exchange: Exchange) => Promise<unknown>, items: readonly EvidenceItem[]) => Promise<void>,
): Promise<void> {
  await using asker = new LegacyAsker({ url: legacyUrl });
  await using candidate = new HttpCandidate(candidateUrl);
  const compare = { ...noCompareRules, headers: ['content-type', 'content-language'] };
  const { comparer, items } = comparerBetween(candidate, asker, compare);
  await run((exchange) => comparer.compare(exchange), items);
}

function search(type: string, body: string, answer: unknown): Exchange {
  return exchangeOf('/search?page=2', {
    route: 'POST /search',
    question: {
      method: 'POST',
      target: '/search?page=2',
      headers: ['Host', 'shop', 'Content-Type', type, 'Content-Length', String(body.length), 'Cookie', 's=1'],
      query: { operation: undefined, body: Buffer.from(body) },
    },
    answer: { status: 200, headers: ['Content-Type', 'application/json'], body: jsonBody(answer) },
  });
}

test.each([
  ['JSON', 'application/json', '{"email":"ann@shop.example","status":"open"}', '2xx ?email&page&status'],
  ['a form', 'application/x-www-form-urlencoded', 'email=ann%40shop.example', '2xx ?email&page'],
  ['nothing', 'application/json', '', '2xx ?page'],
])(
  'a declared query of %s is asked of both sides byte for byte, and nothing of it is kept',
  async (_, type, body, shape) => {
    await using service = await startServer(() => ({ body: '[1]' }));
    await using legacy = await startServer(() => ({ body: '[2]' }));
    await comparing(legacy.url, service.url, async (compare, items) => {
      expect(await compare(search(type, body, [1]))).toMatchObject({ verdict: 'match' });
      expect(legacy.asked).toHaveLength(0);
      expect(await compare(search(type, body, [2]))).toMatchObject({ verdict: 'mismatch' });
      for (const { req, body: got } of [...service.asked, ...legacy.asked]) {
        expect(got).toBe(body);
        expect([req.method, req.url]).toEqual(['POST', '/search?page=2']);
        expect(req.headers).toMatchObject({ 'content-type': type, cookie: 's=1', 'x-fig-shadow': '1' });
      }
      expect(items).toMatchObject([{ shape }, { shape }]);
      expect(items[1]!.question).toMatch(/^POST \/search\?page=\S+$/);
      expect(JSON.stringify(items)).not.toMatch(/ann|open/);
    });
  },
);

function head(status: number, headers: string[]): Exchange {
  return exchangeOf('/orders/1', {
    route: 'HEAD /orders/:id',
    question: { method: 'HEAD', target: '/orders/1', headers: ['Host', 'shop'] },
    answer: { status, headers, body: new Uint8Array() },
  });
}

const json = ['Content-Type', 'application/json'];

test('a HEAD is compared by status and declared headers, whatever its length and coding are', async () => {
  await using service = await startServer(() => ({ headers: [...json, 'Content-Length', '7'] }));
  await using legacy = await startServer(() => ({ headers: [...json, 'Content-Language', 'de'] }));
  await comparing(legacy.url, service.url, async (compare, items) => {
    expect(await compare(head(200, [...json, 'Content-Encoding', 'gzip', 'Content-Length', '99']))).toMatchObject({
      verdict: 'match',
    });
    expect(await compare(head(200, [...json, 'Content-Language', 'de']))).toMatchObject({
      verdict: 'mismatch',
      differences: [{ path: 'header content-language' }],
    });
    expect(new Set([...service.asked, ...legacy.asked].map(({ req }) => req.method))).toEqual(new Set(['HEAD']));
    expect(items.map(({ shape }) => shape)).toEqual(['2xx', '2xx']);
  });
});

test.each([[405], [501]])(
  'a candidate that answers HEAD with %d is asked GET, and its body is not compared',
  async (refusal) => {
    await using service = await startServer(({ req }) =>
      req.method === 'HEAD' ? { status: refusal } : { body: '{"anything":1}' },
    );
    await using legacy = await startServer(() => ({}));
    await comparing(legacy.url, service.url, async (compare) => {
      expect(await compare(head(200, json))).toMatchObject({ verdict: 'match' });
      expect(service.asked.map(({ req }) => req.method)).toEqual(['HEAD', 'GET']);
    });
  },
);

test('the body that a handler gave for a HEAD which it answered is not held against legacy', async () => {
  await using service = await startServer(() => ({}));
  await using legacy = await startServer(() => ({}));
  await comparing(legacy.url, service.url, async (compare) => {
    const served = head(200, json);
    const answer = { ...served.answer, body: jsonBody({ id: 1 }) };
    expect(await compare({ ...served, servedBy: 'candidate', answer })).toMatchObject({ verdict: 'match' });
    expect(service.asked).toEqual([]);
  });
});

test('a HEAD that the candidate finds and legacy does not is a critical difference', async () => {
  await using service = await startServer(() => ({}));
  await using legacy = await startServer(() => ({ status: 404 }));
  await comparing(legacy.url, service.url, async (compare) => {
    expect(await compare(head(404, json))).toMatchObject({ verdict: 'mismatch', critical: true });
  });
});

test('a HEAD that the candidate serves in live is compared with the head that legacy gives', async () => {
  await using service = await startServer(() => ({ headers: [...json, 'Content-Language', 'en'] }));
  await using legacy = await startServer(({ req }) => ({
    headers: [...json, 'Content-Language', req.url === '/orders/1' ? 'en' : 'de'],
    body: '{"id":1}',
  }));
  await comparing(legacy.url, service.url, async (compare, items) => {
    const live = { reads: { phase: 'live', percent: 100 }, servedBy: 'candidate' } as const;
    const served = { ...head(200, [...json, 'Content-Language', 'en']), ...live };
    expect(await compare(served)).toMatchObject({ verdict: 'match' });
    expect(service.asked).toEqual([]);
    const other = { ...served, question: { ...served.question, target: '/orders/2' } };
    expect(await compare(other)).toMatchObject({
      verdict: 'mismatch',
      differences: [{ path: 'header content-language', legacy: '"de"', candidate: '"en"' }],
    });
    expect(new Set([...service.asked, ...legacy.asked].map(({ req }) => req.method))).toEqual(new Set(['HEAD']));
    expect(items.map(({ step, verdict }) => [step, verdict])).toEqual([
      ['live', 'match'],
      ['live', 'mismatch'],
    ]);
  });
});
