import { connect } from 'node:http2';
import { expect, test } from 'vitest';
import {
  bodyOf,
  exchangeRaw,
  rawClient,
  routingOf,
  startRawUpstream,
  startTestProxy,
  startUpstream,
  until,
} from '../support/harness.ts';
import { chunked, graphqlWorld, ordersQuery, payMutation, post } from '../support/graphql.ts';
import { ca, serverFiles } from '../support/tls.ts';

const json = 'Content-Type: application/json';
const last = [json, 'Connection: close'];

/** A legacy app that keeps what it is sent. */
async function legacyShop() {
  const bodies: string[] = [];
  const upstream = await startUpstream(async (req, res) => {
    bodies.push(await bodyOf(req));
    res.end('{"data":"legacy"}');
  });
  return Object.assign(upstream, { bodies });
}

/** Asks until the first position of the source is known, before which nobody is served by a candidate. */
async function entered(port: number): Promise<void> {
  for (;;) if ((await exchangeRaw(port, post(ordersQuery, last))).includes('candidate')) return;
}

test.each([
  ['by length', post(ordersQuery, last)],
  ['in chunks', post(chunked(ordersQuery.slice(0, 7), ordersQuery.slice(7)), [...last, 'Transfer-Encoding: chunked'])],
])('in live a declared query, sent %s, is answered by the candidate, which is given the body', async (_, request) => {
  const world = graphqlWorld('live');
  await using upstream = await legacyShop();
  await using proxy = await startTestProxy(upstream.url, world.options);
  await entered(proxy.port);
  upstream.bodies.length = 0;
  expect(await exchangeRaw(proxy.port, request)).toMatch(/^HTTP\/1\.1 200 [^]*"candidate"\}$/);
  await until(() => proxy.seen.at(-1)?.reason === 'live');
  const question = world.questions.at(-1)!;
  expect(question).toMatchObject({ feature: 'orders', route: 'Orders', method: 'POST', target: '/graphql' });
  expect(question.headers).toContain('application/json');
  expect(question.query?.operation).toBe('Orders');
  expect(Buffer.from(question.query!.body).toString()).toBe(ordersQuery);
  expect(upstream.bodies).toEqual([]);
});

test('only visitors inside the canary are answered by the candidate', async () => {
  const world = graphqlWorld('canary');
  await using upstream = await legacyShop();
  await using proxy = await startTestProxy(upstream.url, world.options);
  expect(await exchangeRaw(proxy.port, post(ordersQuery, last))).toContain('"legacy"');
  await until(() => proxy.seen.length === 1);
  expect(proxy.seen).toMatchObject([{ reason: 'outside-canary' }]);
  expect(proxy.offered).toHaveLength(1);
});

test('a query is decided by the phases of the moment in which its body is there', async () => {
  let routing = routingOf('live');
  const world = graphqlWorld('live', { routing: () => routing });
  await using upstream = await legacyShop();
  await using proxy = await startTestProxy(upstream.url, world.options);
  await entered(proxy.port);
  const asked = world.questions.length;
  const seen = proxy.seen.length;
  const request = post(ordersQuery, last);
  const client = await rawClient(proxy.port, request.slice(0, -5));
  await until(() => proxy.proxy.inFlight === 1);
  routing = routingOf('legacy');
  client.send(request.slice(-5));
  expect(await client.receives('"legacy"')).toMatch(/^HTTP\/1\.1 200 /);
  await until(() => proxy.seen.length > seen);
  expect(proxy.seen.at(-1)).toMatchObject({ reason: 'phase-legacy' });
  expect(world.questions).toHaveLength(asked);
});

test('a route may have several operations, and conditions besides', async () => {
  const world = graphqlWorld('live');
  await using upstream = await legacyShop();
  await using proxy = await startTestProxy(upstream.url, world.options);
  await entered(proxy.port);
  const order = ordersQuery.replace('Orders', 'Order');
  const others = ordersQuery.replace('Orders', 'Others');
  expect(await exchangeRaw(proxy.port, post(order, last, '/tagged?op=Orders'))).toContain('"candidate"');
  expect(await exchangeRaw(proxy.port, post(order, last, '/tagged?op=Order'))).toContain('"legacy"');
  expect(await exchangeRaw(proxy.port, post(others, last, '/tagged?op=Orders'))).toContain('"legacy"');
  expect(await exchangeRaw(proxy.port, post(order, last, '/tagged?op=Orders&id=1'))).toContain('"legacy"');
  await until(() => proxy.seen.at(-1)?.reason === 'graphql-not-read');
  expect(proxy.seen.slice(-4).map(({ reason }) => reason)).toEqual([
    'live',
    'no-route',
    'no-route',
    'graphql-not-read',
  ]);
});

test('when the candidate fails, legacy gets the very bytes of the query, once', async () => {
  const world = graphqlWorld('live');
  await using upstream = await legacyShop();
  await using proxy = await startTestProxy(upstream.url, world.options);
  await entered(proxy.port);
  upstream.bodies.length = 0;
  world.fails = true;
  expect(await exchangeRaw(proxy.port, post(ordersQuery, last))).toContain('"legacy"');
  await until(() => proxy.seen.at(-1)?.reason === 'candidate-failed');
  expect(proxy.seen.at(-1)).toMatchObject({ servedBy: 'legacy', fallback: 'candidate-failed', status: 200 });
  expect(upstream.bodies).toEqual([ordersQuery]);
});

test('a mutation on the same path is a write, whose visitor reads it back from legacy; a declared query is none', async () => {
  const world = graphqlWorld('live');
  await using upstream = await legacyShop();
  await using proxy = await startTestProxy(upstream.url, world.options);
  await entered(proxy.port);
  const ask = (body: string, visitor: string): Promise<string> =>
    exchangeRaw(proxy.port, post(body, [...last, `Cookie: session=${visitor}`]));
  world.source.position = 2_000n;
  expect(await ask(ordersQuery, 'ann')).toContain('"candidate"');
  expect(await ask(payMutation, 'ann')).toMatch(/set-cookie: fig_fence=/i);
  expect(await ask(ordersQuery, 'ann')).toContain('"legacy"');
  await until(() => proxy.seen.at(-1)?.reason === 'fence-timeout');
  // Legacy answered a query of hers, which wrote nothing: nobody else has anything to wait for.
  expect(await ask(ordersQuery, 'bob')).toContain('"candidate"');
  world.fails = true;
  expect(await ask(ordersQuery, 'bob')).not.toMatch(/set-cookie/i);
  world.fails = false;
  expect(await ask(ordersQuery, 'bob')).toContain('"candidate"');
});

test('a query that no route names counts as a write, unless a feature that stays with legacy declares it', async () => {
  const world = graphqlWorld('live');
  const [orders] = world.options.features!;
  const others = { route: 'others', method: 'POST', path: '/graphql', when: { graphql: { operation: /./ } } };
  const rest = { name: 'rest', candidateTimeoutMs: 100, routes: [others] };
  const routing = world.options.routing!();
  const reads = { phase: 'legacy', percent: 0 } as const;
  const both = { ...routing, features: new Map([...routing.features, ['rest', { feature: 'rest', reads }]]) };
  await using upstream = await legacyShop();
  await using alone = await startTestProxy(upstream.url, world.options);
  await using declared = await startTestProxy(upstream.url, {
    ...world.options,
    features: [orders!, rest],
    routing: () => both,
  });
  const other = post('{"query":"query Others { a }"}', last);
  for (const proxy of [alone, declared]) await entered(proxy.port);
  expect(await exchangeRaw(alone.port, other)).toMatch(/set-cookie: fig_fence=/i);
  expect(await exchangeRaw(declared.port, other)).not.toMatch(/set-cookie/i);
  expect(await exchangeRaw(declared.port, post(payMutation, last))).toMatch(/set-cookie: fig_fence=/i);
  await until(() => declared.seen.at(-1)?.reason === 'graphql-not-a-query');
  expect(declared.seen.at(-2)).toMatchObject({ reason: 'phase-legacy', servedBy: 'legacy' });
});

test('the shadow gets a copy of question and answer, and of nothing that is no declared query', async () => {
  await using upstream = await legacyShop();
  await using proxy = await startTestProxy(upstream.url, graphqlWorld('shadow').options);
  for (const body of [ordersQuery, payMutation, `[${ordersQuery}]`]) await exchangeRaw(proxy.port, post(body, last));
  await until(() => proxy.seen.length === 3);
  expect(proxy.offered).toHaveLength(1);
  const [copy] = proxy.offered;
  expect(copy).toMatchObject({ route: 'Orders', servedBy: 'legacy', question: { method: 'POST', target: '/graphql' } });
  expect(copy!.question.query?.operation).toBe('Orders');
  expect(Buffer.from(copy!.question.query!.body).toString()).toBe(ordersQuery);
});

test('requests that follow each other on one connection are each read for themselves and answered in order', async () => {
  const world = graphqlWorld('live');
  await using upstream = await legacyShop();
  await using proxy = await startTestProxy(upstream.url, world.options);
  await entered(proxy.port);
  upstream.bodies.length = 0;
  const big = `{"query":"query Orders { a }","variables":{"a":"${'x'.repeat(300_000)}"}}`;
  const requests = [
    post(ordersQuery),
    post(payMutation),
    post(chunked(big), [json, 'Transfer-Encoding: chunked']),
    post(ordersQuery, last),
  ];
  const text = await exchangeRaw(proxy.port, requests.join(''));
  expect(text.match(/"(candidate|legacy)"/g)).toEqual(['"candidate"', '"legacy"', '"legacy"', expect.any(String)]);
  expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(4);
  expect(upstream.bodies.filter((body) => body === payMutation)).toHaveLength(1);
  expect(upstream.bodies.filter((body) => body === big)).toHaveLength(1);
});

test('with HTTP/2 it is the same, also for a body of unknown length', async () => {
  const world = graphqlWorld('live', { tls: serverFiles });
  await using upstream = await legacyShop();
  await using proxy = await startTestProxy(upstream.url, world.options);
  const session = connect(`https://localhost:${proxy.port}`, { ca });
  const ask = async (body: string): Promise<string> => {
    const stream = session.request({ ':method': 'POST', ':path': '/graphql', 'content-type': 'application/json' });
    stream.end(body);
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return text;
  };
  while (!(await ask(ordersQuery)).includes('candidate'));
  expect(await ask(payMutation)).toContain('legacy');
  const big = `{"query":"query Orders { a }","variables":{"a":"${'x'.repeat(300_000)}"}}`;
  expect(await ask(big)).toContain('legacy');
  expect(upstream.bodies.slice(-2)).toEqual([payMutation, big]);
  await until(() => proxy.seen.at(-1)?.reason === 'graphql-too-large');
  session.close();
});

test('the kill switch and an open breaker send queries to legacy as any read', async () => {
  const world = graphqlWorld('live');
  const routing = world.options.routing!();
  const killed = { ...routing, killSwitch: { who: 'ann', why: 'prices', at: '2026-01-01T00:00:00Z' } };
  await using upstream = await legacyShop();
  await using stopped = await startTestProxy(upstream.url, { ...world.options, routing: () => killed });
  expect(await exchangeRaw(stopped.port, post(ordersQuery, last))).toContain('"legacy"');
  await until(() => stopped.seen.length === 1);
  expect(stopped.seen).toMatchObject([{ reason: 'kill-switch' }]);
  await using proxy = await startTestProxy(upstream.url, world.options);
  await entered(proxy.port);
  world.fails = true;
  while (proxy.seen.at(-1)?.reason !== 'breaker-open') {
    expect(await exchangeRaw(proxy.port, post(ordersQuery, last))).toContain('"legacy"');
  }
});

test('too many bodies at once are not all held: those beyond go to legacy as they come', async () => {
  const world = graphqlWorld('live');
  await using upstream = await legacyShop();
  await using proxy = await startTestProxy(upstream.url, { ...world.options, heldBodyBytes: ordersQuery.length + 10 });
  const waiting = await rawClient(proxy.port, post(ordersQuery).slice(0, -1));
  await until(() => proxy.proxy.inFlight === 1);
  await exchangeRaw(proxy.port, post(ordersQuery, last));
  await until(() => proxy.seen.length === 1);
  expect(proxy.seen).toMatchObject([{ reason: 'graphql-too-large', servedBy: 'legacy' }]);
  waiting.send(ordersQuery.slice(-1));
  await waiting.receives('"data"');
  await until(() => proxy.seen.length === 2);
  expect(proxy.seen[1]!.reason).not.toBe('graphql-too-large');
  waiting.socket.destroy();
});

test('what was held of a body that is too slow is let go once legacy has taken it', async () => {
  const world = graphqlWorld('live');
  await using upstream = await startRawUpstream((text, socket) => {
    if (text.endsWith('}}')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nlegacy');
  });
  await using proxy = await startTestProxy(upstream.url, { ...world.options, heldBodyBytes: ordersQuery.length + 10 });
  await entered(proxy.port);
  const half = ordersQuery.slice(0, -20);
  const slow = await rawClient(proxy.port, post(ordersQuery).slice(0, -20));
  await until(() => upstream.received().endsWith(half));
  // Of another visitor: a body that is too slow counts as a write of whose it is.
  const other = post(ordersQuery, [...last, 'Cookie: session=bob']);
  expect(await exchangeRaw(proxy.port, other)).toContain('"candidate"');
  slow.send(ordersQuery.slice(-20));
  await slow.receives('legacy');
  expect(upstream.received().endsWith(ordersQuery)).toBe(true);
  slow.socket.destroy();
  await until(() => proxy.seen.at(-1)?.reason === 'graphql-too-slow');
});
