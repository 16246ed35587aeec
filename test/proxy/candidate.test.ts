import { expect, test } from 'vitest';
import type { ProxyOptions } from '../../proxy/proxy-options.ts';
import type { Candidate, CandidateQuestion, CandidateResult } from '../../src/kernel/candidate.ts';
import type { HttpAnswer } from '../../src/kernel/exchange.ts';
import { exchangeRaw, ordersFeature, routingOf, startTestProxy, startUpstream, until } from './support/harness.ts';
import { ScriptedApplied, ScriptedSource } from './support/scripted-positions.ts';

const jsonHeaders = ['Content-Type', 'application/json'];

function answering(answer: Partial<HttpAnswer> = {}): Candidate {
  const body = Buffer.from('{"from":"candidate"}');
  return { ask: async () => ({ ok: true, answer: { status: 200, headers: jsonHeaders, body, ...answer }, tookMs: 1 }) };
}

/** `orders` served by this candidate, with a read model that is far ahead of every fence. */
function served(candidate: Candidate, options: Partial<ProxyOptions> = {}): Partial<ProxyOptions> {
  const live = routingOf('live');
  return {
    features: [{ ...ordersFeature, candidateTimeoutMs: 60 }],
    routing: () => live,
    candidate: () => candidate,
    applied: () => new ScriptedApplied(1_000n),
    source: new ScriptedSource(),
    ...options,
  };
}

const legacyShop = (): ReturnType<typeof startUpstream> =>
  startUpstream((req, res) => {
    res.writeHead(200, 'Fine', { 'content-type': 'application/json', etag: '"l"' });
    res.end(`{"from":"legacy","url":"${req.url}"}`);
  });

test('in live the candidate answers, says so, and is given what the user asked', async () => {
  const questions: CandidateQuestion[] = [];
  const candidate: Candidate = {
    ask: (question, timeoutMs) => {
      questions.push(question);
      expect(timeoutMs).toBe(60);
      return answering({
        headers: [
          ...jsonHeaders,
          'X-A',
          '1',
          'X-A',
          '2',
          'Set-Cookie',
          'a=1',
          'Connection',
          'close',
          'Content-Length',
          '7',
        ],
      }).ask(question, timeoutMs);
    },
  };
  await using upstream = await legacyShop();
  await using proxy = await startTestProxy(upstream.url, served(candidate));
  await ready(proxy.url);
  const answer = await exchangeRaw(
    proxy.port,
    'GET /orders/a%20b?x=1 HTTP/1.1\r\nHost: pub\r\nX-Fig-Evil: 1\r\nCookie: s=1; fig_fence=x\r\nIf-None-Match: "l"\r\nConnection: close\r\n\r\n',
  );
  const [head, body] = answer.split('\r\n\r\n');
  expect(head).toMatch(
    /^HTTP\/1\.1 200 OK\r\nContent-Type: application\/json\r\nX-A: 1\r\nX-A: 2\r\nx-fig-served-by: candidate\r\n/,
  );
  expect(head).toContain('Content-Length: 20');
  expect(head).not.toMatch(/set-cookie/i);
  expect(body).toBe('{"from":"candidate"}');
  expect(questions.at(-1)).toEqual({
    feature: 'orders',
    route: 'GET /orders/:id',
    params: { id: 'a b' },
    method: 'GET',
    target: '/orders/a%20b?x=1',
    headers: [
      ['Host', 'pub', 'Cookie', 's=1', 'If-None-Match', '"l"', 'X-Forwarded-For', '127.0.0.1'],
      ['X-Forwarded-Proto', 'http', 'X-Forwarded-Host', 'pub', 'Forwarded', 'for=127.0.0.1;host=pub;proto=http'],
      ['X-Request-Id', expect.any(String)],
    ].flat(),
  });
  expect(proxy.seen.at(-1)).toMatchObject({ servedBy: 'candidate', reason: 'live', status: 200, aborted: false });
  expect(proxy.offered.at(-1)).toMatchObject({ servedBy: 'candidate', reads: { phase: 'live' } });
});

test.each([
  ['tells the length of a GET', ['Content-Length', '1234'], '', 'Content-Length: 1234\r\n'],
  ['tells it twice', ['Content-Length', '1234', 'Content-Length', '1'], '', 'Content-Length: 1234\r\n'],
  ['tells no length', [], '', undefined],
  ['tells none that is one', ['Content-Length', 'x'], '', undefined],
  ['gives the body of a GET', [], 'hello', 'Content-Length: 5\r\n'],
])('a candidate that %s in answer to HEAD is taken at its word', async (_, headers, body, length) => {
  const feature = {
    ...ordersFeature,
    routes: [...ordersFeature.routes, { route: 'HEAD /orders/:id', method: 'HEAD', path: '/orders/:id' }],
  };
  await using upstream = await legacyShop();
  const options = served(answering({ headers, body: Buffer.from(body) }), { features: [feature] });
  await using proxy = await startTestProxy(upstream.url, options);
  await ready(proxy.url);
  const answer = await exchangeRaw(proxy.port, 'HEAD /orders/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  expect(answer).toContain('x-fig-served-by: candidate\r\n');
  expect(answer.match(/content-length: .*\r\n/gi)?.join('')).toBe(length);
  expect(answer).toMatch(/\r\n\r\n$/);
});

const never = new Promise<CandidateResult>(() => undefined);
const garbage: [string, Candidate, string][] = [
  ['hangs', { ask: () => never }, 'candidate-timeout'],
  ['rejects', { ask: () => Promise.reject(new Error('no')) }, 'candidate-failed'],
  [
    'throws',
    {
      ask: () => {
        throw new Error('no');
      },
    },
    'candidate-failed',
  ],
  [
    'tells its failure',
    { ask: async () => ({ ok: false, failure: 'invalid', reason: 'no', tookMs: 1 }) },
    'candidate-invalid',
  ],
  ['answers 500', answering({ status: 500 }), 'candidate-failed'],
  ['answers 101', answering({ status: 101 }), 'candidate-invalid'],
  ['answers a status that is none', answering({ status: Number.NaN }), 'candidate-invalid'],
  ['sends a header with a line break', answering({ headers: ['X-A', '1\r\nSet-Cookie: a=1'] }), 'candidate-invalid'],
  ['sends a header without a name', answering({ headers: ['', 'x'] }), 'candidate-invalid'],
  ['sends half a header', answering({ headers: ['X-A'] }), 'candidate-invalid'],
  ['returns nothing', { ask: async () => JSON.parse('null') }, 'candidate-failed'],
  ['returns no answer', { ask: async () => JSON.parse('{"ok":true}') }, 'candidate-failed'],
  [
    'returns text for a body',
    { ask: async () => JSON.parse('{"ok":true,"answer":{"status":200,"headers":[],"body":"x"}}') },
    'candidate-invalid',
  ],
  [
    'returns an object for headers',
    { ask: async () => JSON.parse('{"ok":true,"answer":{"status":200,"headers":{"a":"b"},"body":""}}') },
    'candidate-invalid',
  ],
];

test.each(garbage)("a candidate that %s gets the user legacy's bytes", async (_, candidate, reason) => {
  await using upstream = await legacyShop();
  await using proxy = await startTestProxy(upstream.url, served(candidate));
  await ready(proxy.url, reason);
  const request = 'GET /orders/7 HTTP/1.1\r\nHost: pub\r\nConnection: close\r\n\r\n';
  const [direct, answer] = [await exchangeRaw(upstream.port, request), await exchangeRaw(proxy.port, request)];
  expect(withoutDate(answer)).toBe(withoutDate(direct));
  await until(() => proxy.offered.length > 0 && proxy.seen.some((seen) => seen.reason === reason));
  expect(proxy.seen.at(-1)).toMatchObject({ servedBy: 'legacy', reason, fallback: reason });
  expect(proxy.offered.at(-1)).toMatchObject({
    servedBy: 'legacy',
    candidateFailure: reason.replace('candidate-', ''),
  });
});

test('a feature without a candidate is answered by legacy', async () => {
  await using upstream = await legacyShop();
  await using proxy = await startTestProxy(upstream.url, served(answering(), { candidate: () => undefined }));
  await ready(proxy.url, 'candidate-failed');
  expect(await (await fetch(`${proxy.url}/orders/1`)).text()).toContain('legacy');
});

test.each(['legacy', 'shadow'] as const)('in %s the candidate is not asked by the proxy', async (phase) => {
  const routing = routingOf(phase);
  const candidate: Candidate = {
    ask: () => {
      throw new Error('must not be asked');
    },
  };
  await using upstream = await legacyShop();
  await using proxy = await startTestProxy(upstream.url, served(candidate, { routing: () => routing }));
  const answer = await fetch(`${proxy.url}/orders/1`);
  expect(await answer.text()).toContain('legacy');
  expect(answer.headers.has('x-fig-served-by')).toBe(false);
  await until(() => proxy.seen.length === 1);
  expect(proxy.seen).toMatchObject([{ reason: `phase-${phase}`, servedBy: 'legacy', fallback: undefined }]);
  expect(proxy.offered).toHaveLength(phase === 'shadow' ? 1 : 0);
});

test.each([
  ['a HEAD', { method: 'HEAD' }, 'no-route'],
  ['a POST', { method: 'POST' }, 'no-route'],
  ['a path that is no route', { path: '/orders' }, 'no-route'],
  ['an ambiguous path', { path: '/orders/a%2Fb' }, 'ambiguous-path'],
])('%s goes to legacy in live as well', async (_, { method = 'GET', path = '/orders/1' }: Ask, reason) => {
  await using upstream = await legacyShop();
  await using proxy = await startTestProxy(upstream.url, served(answering()));
  await ready(proxy.url);
  const answer = await fetch(proxy.url + path, { method });
  await answer.text();
  expect(answer.headers.has('x-fig-served-by')).toBe(false);
  await until(() => proxy.seen.at(-1)?.method === method && proxy.seen.at(-1)?.path === path);
  expect(proxy.seen.at(-1)).toMatchObject({ servedBy: 'legacy', reason });
});

test('a GET with a body goes to legacy, because a candidate never gets bodies', async () => {
  await using upstream = await legacyShop();
  await using proxy = await startTestProxy(upstream.url, served(answering()));
  await ready(proxy.url);
  const request = 'GET /orders/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi';
  expect(await exchangeRaw(proxy.port, request)).toContain('legacy');
  expect(proxy.seen.at(-1)).toMatchObject({ reason: 'request-body' });
});

interface Ask {
  readonly method?: string;
  readonly path?: string;
}

/** Asks until the floor fence is known, so that what is tested is the candidate and not the start. */
async function ready(url: string, reason?: string): Promise<void> {
  for (;;) {
    const answer = await fetch(`${url}/orders/0`);
    await answer.text();
    if (reason !== undefined || answer.headers.get('x-fig-served-by') === 'candidate') return;
  }
}

function withoutDate(answer: string): string {
  return answer.replace(/Date: .*\r\n/, '');
}

test("a read of a parked key is legacy's to answer, and the question is asked behind the fence", async () => {
  await using upstream = await legacyShop();
  const applied = new ScriptedApplied(1_000n);
  let isAsked = 0;
  await using proxy = await startTestProxy(
    upstream.url,
    served(answering(), {
      applied: () => applied,
      explain: 'always',
      isParked: ({ feature, route, params }) => {
        isAsked += 1;
        return feature === 'orders' && route === 'GET /orders/:id' && params['id'] === '7';
      },
    }),
  );
  await ready(proxy.url);
  const get = async (path: string): Promise<string> => {
    const response = await fetch(proxy.url + path);
    const { from } = (await response.json()) as { from: string };
    return `${from} ${response.headers.get('x-fig-reason')}`;
  };
  expect(await get('/orders/7')).toBe('legacy parked-key');
  expect(await get('/orders/8')).toBe('candidate live');
  expect(proxy.seen.at(-2)).toMatchObject({ servedBy: 'legacy', reason: 'parked-key', fallback: 'parked-key' });
  const before = isAsked;
  await get('/other');
  expect(isAsked).toBe(before);
});
