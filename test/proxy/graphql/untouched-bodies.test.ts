import type { IncomingMessage } from 'node:http';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ProxyOptions } from '../../../proxy/proxy-options.ts';
import { defaultLimits } from '../../../src/config/limits.ts';
import { chunked, graphqlWorld, ordersQuery, payMutation, post } from '../support/graphql.ts';
import { bodyOf, rawClient, startRawUpstream, startTestProxy, startUpstream, until } from '../support/harness.ts';

const big = `{"query":"query Orders { a }","variables":{"text":"${'x'.repeat(300_000)}"}}`;
const json = 'Content-Type: application/json';
const framed = [json, 'Transfer-Encoding: chunked'];

/** What legacy gets of a request, and why, when the proxy has these options. */
async function received(request: string, options: Partial<ProxyOptions>) {
  // A chunked body ends as a head does, but for what comes before.
  const isBodiless = request.split('\r\n\r\n')[1] === '';
  const isComplete = (text: string): boolean => text.endsWith(isBodiless ? '\r\n\r\n' : request.slice(-7));
  await using upstream = await startRawUpstream((text, socket) => {
    if (isComplete(text)) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nlegacy');
  });
  await using proxy = await startTestProxy(upstream.url, options);
  const client = await rawClient(proxy.port, request);
  await client.receives('legacy');
  await until(() => proxy.seen.length === 1);
  client.socket.destroy();
  // One id per request is ours.
  const bytes = upstream.received().replace(/X-Request-Id: \S+/, 'X-Request-Id: ?');
  return { bytes: withoutChunks(bytes), connections: upstream.connections, reason: proxy.seen[0]!.reason };
}

/** Where a chunk ends is for each hop to say anew; all else of the request stays. */
function withoutChunks(text: string): string {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const body = rest.join('\r\n\r\n');
  if (!/transfer-encoding: chunked/i.test(head)) return text;
  let whole = '';
  for (let at = 0; at < body.length;) {
    const lineEnd = body.indexOf('\r\n', at);
    const length = Number.parseInt(body.slice(at, lineEnd), 16);
    whole += body.slice(lineEnd + 2, lineEnd + 2 + length);
    at = lineEnd + 4 + length;
    if (length === 0) return `${head}\r\n\r\n${whole}${body.slice(lineEnd)}`;
  }
  return `${head}\r\n\r\n${whole}`;
}

test.each([
  ['another query', post('{"query":"query Others { a }"}'), 'no-route'],
  ['a query without a name', post('{"query":"{ a }"}'), 'no-route'],
  ['a mutation', post(payMutation), 'graphql-not-a-query'],
  ['a batch', post(`[${ordersQuery}]`), 'graphql-batch'],
  ['a hash', post('{"extensions":{"persistedQuery":{}}}'), 'graphql-persisted'],
  ['a member twice', post('{"query":"{a}","query":"{b}"}'), 'graphql-ambiguous'],
  ['no JSON', post('query Orders { a }'), 'graphql-invalid'],
  ['bytes that are no text', post('\xff\xfe\x00{}'), 'graphql-invalid'],
  ['too many levels', post(`{"query":"query Orders ${'{a'.repeat(900)}${'}'.repeat(900)}"}`), 'graphql-too-complex'],
  ['a body over the limit', post(big), 'graphql-too-large'],
  ['chunks over the limit', post(chunked(big, 'more'), framed), 'graphql-too-large'],
  ['many chunks', post(chunked('{"query":', '"mutation ', 'A { a }"}'), framed), 'graphql-not-a-query'],
  ['another type', post(ordersQuery, ['Content-Type: application/graphql']), 'graphql-not-read'],
  ['a form', post('query=%7Ba%7D', ['Content-Type: application/x-www-form-urlencoded']), 'graphql-not-read'],
  ['another charset', post(ordersQuery, [`${json}; charset=utf-16`]), 'graphql-not-read'],
  ['two types', post(ordersQuery, [json, json]), 'graphql-not-read'],
  ['no type', post(ordersQuery, ['X-A: 1']), 'graphql-not-read'],
  ['a coding', post(ordersQuery, [json, 'Content-Encoding: identity']), 'graphql-not-read'],
  ['another method behind the POST', post(ordersQuery, [json, 'X-HTTP-Method-Override: PUT']), 'graphql-not-read'],
  ['another method as CGI spells it', post(ordersQuery, [json, 'X_HTTP_Method_Override: PUT']), 'graphql-not-read'],
  ['a type that ends with the connection', post(ordersQuery, [json, 'Connection: content-type']), 'graphql-not-read'],
  ['a second separator', post(ordersQuery, [json], '/matched?op=Orders;query=mutation{pay}'), 'graphql-not-read'],
  ['trailers', post(chunked(ordersQuery).replace('0\r\n\r\n', '0\r\nX-Sum: 1\r\n\r\n'), framed), 'graphql-not-read'],
  ['announced trailers', post(chunked(ordersQuery), [...framed, 'Trailer: X-Sum']), 'graphql-not-read'],
  ['a query in the URL as well', post(ordersQuery, [json], '/graphql?query=mutation+A{a}'), 'graphql-not-read'],
  ['an unknown parameter', post(ordersQuery, [json], '/graphql?op=Orders'), 'graphql-not-read'],
  ['another spelling of the path', post(ordersQuery, [json], '/graphql/'), 'ambiguous-path'],
  ['another path', post(ordersQuery, [json], '/graphql2'), 'no-route'],
  ['no body', post('', [json]), 'graphql-not-read'],
])('%s passes to legacy byte for byte as without a route', async (_, request, reason) => {
  const [routed, plain] = await Promise.all([received(request, graphqlWorld('live').options), received(request, {})]);
  expect(routed).toEqual({ ...plain, reason });
});

test.each([
  ['its length', post(ordersQuery)],
  ['its length and a charset', post(ordersQuery, ['content-type: Application/JSON;charset="UTF-8"'])],
  ['chunks', post(chunked(ordersQuery.slice(0, 9), ordersQuery.slice(9)), framed)],
])('in shadow a query framed by %s is compared, and legacy gets it byte for byte', async (_, request) => {
  const [routed, plain] = await Promise.all([received(request, graphqlWorld('shadow').options), received(request, {})]);
  expect(routed).toEqual({ ...plain, reason: 'phase-shadow' });
});

/** A legacy app that takes in bodies and says how much it got. */
const counting = () =>
  startUpstream((req, res) => {
    let bytes = 0;
    req.on('data', (chunk: Buffer) => (bytes += chunk.length));
    req.on('end', () => res.end(`got ${bytes} bytes`));
  });

test('a body that comes slowly is not waited for: what is there goes out, and the rest follows', async () => {
  await using upstream = await startRawUpstream((text, socket) => {
    if (text.endsWith('END\r\n')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nlegacy');
  });
  await using proxy = await startTestProxy(upstream.url, graphqlWorld('live').options);
  const client = await rawClient(proxy.port, `${post('', framed)}4\r\n{"a"\r\n`);
  await until(() => upstream.received().includes('4\r\n{"a"\r\n'));
  client.send('3\r\nEND\r\n');
  await client.receives('legacy');
  client.socket.destroy();
  await until(() => proxy.seen.length === 1);
  expect(proxy.seen).toMatchObject([{ reason: 'graphql-too-slow', servedBy: 'legacy' }]);
  expect(upstream.received().endsWith('4\r\n{"a"\r\n3\r\nEND\r\n')).toBe(true);
});

test('however a body is cut into chunks and packets, and wherever the limit lies, legacy gets what was sent', async () => {
  const bodies: string[] = [];
  await using upstream = await startUpstream(async (req, res) => {
    bodies.push(await bodyOf(req));
    res.end('legacy');
  });
  const limits = { ...defaultLimits, queryBodyBytes: 100 };
  await using proxy = await startTestProxy(upstream.url, graphqlWorld('shadow', { limits }).options);
  const text = fc.oneof(
    fc.constantFrom(ordersQuery, payMutation, ordersQuery + ordersQuery),
    fc.string({ unit: fc.constantFrom('x', '{', '"', '\r', '\n', '0'), minLength: 1, maxLength: 400, size: 'max' }),
  );
  const cuts = fc.array(fc.nat(400), { maxLength: 4, size: 'max' });
  await fc.assert(
    fc.asyncProperty(text, cuts, cuts, fc.boolean(), async (body, chunks, packets, isChunked) => {
      const request = isChunked ? post(chunked(...parts(body, chunks)), framed) : post(body);
      const client = await rawClient(proxy.port);
      client.socket.setNoDelay(true);
      for (const part of parts(request, packets)) {
        client.send(part);
        await new Promise(setImmediate);
      }
      await client.receives('legacy');
      client.socket.destroy();
      expect(bodies.splice(0)).toEqual([body]);
    }),
    { numRuns: 100 },
  );
  await until(() => proxy.proxy.inFlight === 0);
  expect(new Set(proxy.seen.map(({ reason }) => reason))).toContain('graphql-too-large');
  expect(new Set(proxy.seen.map(({ reason }) => reason))).toContain('phase-shadow');
});

/** A text cut at these places. */
function parts(whole: string, cuts: readonly number[]): string[] {
  const places = [0, ...cuts.filter((cut) => cut < whole.length).toSorted((a, b) => a - b), whole.length];
  return places
    .slice(1)
    .map((end, i) => whole.slice(places[i], end))
    .filter((part) => part !== '');
}

test('a legacy that does not read holds a body over the limit back, and gets all of it in the end', async () => {
  const stopped: IncomingMessage[] = [];
  await using upstream = await startUpstream((req, res) => {
    stopped.push(req);
    let bytes = 0;
    req.on('data', (chunk: Buffer) => (bytes += chunk.length)).pause();
    req.on('end', () => res.end(`got ${bytes} bytes`));
  });
  await using proxy = await startTestProxy(upstream.url, graphqlWorld('live').options);
  const client = await rawClient(proxy.port, post('', framed));
  const part = `10000\r\n${'x'.repeat(65_536)}\r\n`;
  const most = 2_000;
  let sent = 0;
  for (let quiet = 0; quiet < 20 && sent < most;) {
    if (client.socket.writableNeedDrain) {
      quiet += 1;
      await new Promise((resolve) => {
        setTimeout(resolve, 10);
      });
    } else {
      quiet = 0;
      sent += 1;
      client.send(part);
    }
  }
  expect(sent).toBeLessThan(most / 2);
  client.send('0\r\n\r\n');
  stopped[0]!.resume();
  expect(await client.receives(' bytes')).toContain(`got ${sent * 65_536} bytes`);
  client.socket.destroy();
});

test('nobody but legacy says 100 Continue, and a refusal leaves the body unasked for', async () => {
  await using upstream = await startRawUpstream((_, socket) => {
    socket.end('HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n');
  });
  await using proxy = await startTestProxy(upstream.url, graphqlWorld('live').options);
  const head = post(ordersQuery, ['Content-Type: application/json', 'Expect: 100-continue']).slice(
    0,
    -ordersQuery.length,
  );
  const client = await rawClient(proxy.port, head);
  await client.ended;
  expect(client.text()).toMatch(/^HTTP\/1\.1 417 /);
  expect(proxy.seen).toMatchObject([{ reason: 'graphql-not-read' }]);
});

test('the limits of uploads hold while a body is read ahead', async () => {
  await using upstream = await counting();
  const slow = { ...defaultLimits, bodyTimeoutMs: 100, bodyBytesPerSecond: 1_000 };
  await using dawdled = await startTestProxy(upstream.url, graphqlWorld('live', { limits: slow }).options);
  const client = await rawClient(dawdled.port, post(ordersQuery).slice(0, -20));
  expect(await client.receives('\r\n\r\n')).toMatch(/^HTTP\/1\.1 408 /);
  const small = { ...defaultLimits, bodyBytes: 50 };
  await using bounded = await startTestProxy(upstream.url, graphqlWorld('live', { limits: small }).options);
  const other = await rawClient(bounded.port, post(chunked(ordersQuery), framed));
  expect(await other.receives('\r\n\r\n')).toMatch(/^HTTP\/1\.1 413 /);
  await until(() => dawdled.seen.length + bounded.seen.length === 2);
  expect([...dawdled.seen, ...bounded.seen].map(({ reason }) => reason)).toEqual(['body-too-slow', 'body-too-large']);
  expect(upstream.connections).toBe(0);
});

test('a client that leaves while its body is read ahead asks nothing of anybody', async () => {
  await using upstream = await counting();
  const world = graphqlWorld('live');
  await using proxy = await startTestProxy(upstream.url, world.options);
  for (const end of ['destroy', 'end'] as const) {
    const client = await rawClient(proxy.port, post(ordersQuery).slice(0, -5));
    await until(() => proxy.proxy.inFlight === 1);
    client.socket[end]();
    await until(() => proxy.proxy.inFlight === 0);
    client.socket.destroy();
  }
  await until(() => proxy.seen.length === 2);
  // Found out by its leaving, not by its slowness.
  const left = { reason: 'graphql-not-read', aborted: true };
  expect(proxy.seen).toMatchObject([left, left]);
  expect(upstream.connections).toBe(0);
  expect(world.questions).toEqual([]);
});
