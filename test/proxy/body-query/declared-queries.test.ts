import { expect, test } from 'vitest';
import type { ProxyOptions } from '../../../proxy/proxy-options.ts';
import { defaultLimits } from '../../../src/config/limits.ts';
import type { CandidateQuestion } from '../../../src/kernel/candidate.ts';
import type { ReadState } from '../../../src/kernel/phase.ts';
import { chunked, post } from '../support/graphql.ts';
import { bodyOf, exchangeRaw, routingOf, startTestProxy, startUpstream, until } from '../support/harness.ts';
import { ScriptedApplied, ScriptedSource } from '../support/scripted-positions.ts';

const feature = {
  name: 'orders',
  routes: [{ route: 'POST /search', method: 'POST', path: '/search', isQuery: true }],
  candidateTimeoutMs: 1_000,
};

/** A legacy app and a candidate that can be searched by POST, behind a proxy in this phase. */
async function searchable(phase: ReadState['phase'], more: Partial<ProxyOptions> = {}) {
  const questions: CandidateQuestion[] = [];
  const bodies: string[] = [];
  const routing = routingOf(phase);
  const upstream = await startUpstream(async (req, res) => {
    bodies.push(await bodyOf(req));
    res.end('legacy');
  });
  const proxy = await startTestProxy(upstream.url, {
    features: [feature],
    visitor: { cookie: 'session', header: undefined },
    routing: () => routing,
    applied: () => new ScriptedApplied(1_000n),
    source: new ScriptedSource(),
    candidate: () => ({
      ask: async (question) => {
        questions.push(question);
        return { ok: true, answer: { status: 200, headers: [], body: Buffer.from('candidate') }, tookMs: 1 };
      },
    }),
    ...more,
  });
  const ask = async (request: string): Promise<string> => {
    const seen = proxy.seen.length;
    const answer = await exchangeRaw(proxy.port, request);
    await until(() => proxy.seen.length > seen);
    return answer.split('\r\n\r\n').at(-1)!;
  };
  return {
    proxy,
    questions,
    bodies,
    ask,
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

const json = 'Content-Type: application/json';
const last = [json, 'Connection: close'];
const body = '{"payment_method":"card","q":"_method"}';

test.each([
  ['JSON by length', post(body, last, '/search?page=2'), body],
  [
    'JSON in chunks',
    post(chunked(body.slice(0, 7), body.slice(7)), [...last, 'Transfer-Encoding: chunked'], '/search?page=2'),
    body,
  ],
  [
    'a form',
    post('q=a&method=b', ['Content-Type: application/x-www-form-urlencoded', 'Connection: close'], '/search?page=2'),
    'q=a&method=b',
  ],
  ['no body', post('', ['Connection: close'], '/search?page=2'), ''],
])(
  'a POST that is declared to read is compared in shadow, and answered by the candidate in live: %s',
  async (_, request, sent) => {
    await using shadow = await searchable('shadow');
    expect(await shadow.ask(request)).toBe('legacy');
    expect(shadow.bodies).toEqual([sent]);
    await until(() => shadow.proxy.offered.length === 1);
    const { question, route, answer } = shadow.proxy.offered[0]!;
    expect(question).toMatchObject({ method: 'POST', target: '/search?page=2', query: { operation: undefined } });
    expect(Buffer.from(question.query!.body).toString()).toBe(sent);
    expect([route, Buffer.from(answer.body).toString()]).toEqual(['POST /search', 'legacy']);
    expect(shadow.proxy.seen[0]).toMatchObject({ reason: 'phase-shadow' });

    await using live = await searchable('live');
    while ((await live.ask(request)) !== 'candidate');
    expect(Buffer.from(live.questions.at(-1)!.query!.body).toString()).toBe(sent);
    expect(live.proxy.seen.at(-1)).toMatchObject({ reason: 'live', servedBy: 'candidate' });
  },
);

test.each<[string, string]>([
  ['another method in a header', post(body, [...last, 'X-HTTP-Method-Override: DELETE'], '/search')],
  ['another method in the URL', post(body, last, '/search?_method=DELETE')],
  ['another method in JSON', post('{"_method":"DELETE"}', last, '/search')],
  ['another method in escaped JSON', post('{"\\u005fmethod":"DELETE"}', last, '/search')],
  [
    'another method in a form',
    post('a=1&%5Fmethod=DELETE', ['Content-Type: application/x-www-form-urlencoded', 'Connection: close'], '/search'),
  ],
  ['another method behind a semicolon of the URL', post(body, last, '/search?a=1;_method=DELETE')],
  ['another method that PHP reads as one', post(body, last, '/search?.method=DELETE')],
  ['another method in a form of no type', post('_method=DELETE', ['Connection: close'], '/search')],
  ['another method in JSON of no type', post('{"_method":"DELETE"}', ['Connection: close'], '/search')],
  ...['.method=DELETE', 'a=1;_method=DELETE', '+[method=DELETE', '_method[]=DELETE', 'a=%zz&_method=DELETE'].map(
    (form) =>
      [
        `another method in the form ${form}`,
        post(form, ['Content-Type: application/x-www-form-urlencoded', 'Connection: close'], '/search'),
      ] satisfies [string, string],
  ),
  [
    'another method in a part that PHP reads as one',
    post(
      '--x\r\nContent-Disposition: form-data; name=".method"\r\n\r\nDELETE\r\n--x--',
      ['Content-Type: multipart/form-data; boundary=x', 'Connection: close'],
      '/search',
    ),
  ],
  [
    'another method in a part',
    post(
      '--x\r\nContent-Disposition: form-data; name="_method"\r\n\r\nDELETE\r\n--x--',
      ['Content-Type: multipart/form-data; boundary=x', 'Connection: close'],
      '/search',
    ),
  ],
  ['a coding', post(body, [...last, 'Content-Encoding: gzip'], '/search')],
  ['two types', post(body, [...last, json], '/search')],
  [
    'trailers',
    post(
      chunked(body).replace('0\r\n\r\n', '0\r\nX-Sum: 1\r\n\r\n'),
      [...last, 'Transfer-Encoding: chunked'],
      '/search',
    ),
  ],
])('%s keeps a POST with legacy, and it is not compared', async (_, request) => {
  await using world = await searchable('live');
  expect(await world.ask(request)).toBe('legacy');
  expect(world.proxy.seen[0]).toMatchObject({ reason: 'query-not-read' });
  expect(world.proxy.offered).toEqual([]);
  expect(world.questions).toEqual([]);
});

test('a body over the limit goes to legacy whole, and the question counts as too large to be compared', async () => {
  const limits = { ...defaultLimits, queryBodyBytes: 100 };
  const large = JSON.stringify({ q: 'x'.repeat(1_000) });
  for (const phase of ['shadow', 'legacy'] as const) {
    await using world = await searchable(phase, { limits });
    expect(await world.ask(post(large, last, '/search'))).toBe('legacy');
    expect(world.bodies).toEqual([large]);
    expect(world.proxy.seen[0]).toMatchObject({ reason: 'query-too-large' });
    expect(world.proxy.dropped).toEqual(phase === 'shadow' ? [{ route: 'POST /search', reason: 'too-large' }] : []);
  }
});

test("a declared query is no write of its visitor: the next read is the candidate's", async () => {
  await using world = await searchable('live');
  while ((await world.ask(post(body, [...last, 'Cookie: session=ann'], '/search'))) !== 'candidate');
  for (let n = 0; n < 3; n += 1) {
    expect(await world.ask(post(body, [...last, 'Cookie: session=ann'], '/search'))).toBe('candidate');
  }
});
