import { expect, test } from 'vitest';
import type { ProxyOptions } from '../../proxy/proxy-options.ts';
import type { Candidate } from '../../src/kernel/candidate.ts';
import type { RawHeaders } from '../../src/kernel/exchange.ts';
import { exchangeRaw, ordersFeature, routingOf, startTestProxy, startUpstream, until } from './support/harness.ts';
import { ScriptedApplied, ScriptedSource } from './support/scripted-positions.ts';

const spoofed =
  'X-Forwarded-For: 6.6.6.6, 10.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\n' +
  'X-Forwarded-Port: 1\r\nX-Real-IP: 6.6.6.6\r\nForwarded: for=6.6.6.6;proto=https\r\nX_Forwarded_For: 6.6.6.6\r\nX-Fig-Served-By: candidate\r\n';

async function headersAtLegacy(options: Partial<ProxyOptions>, lines: string): Promise<Record<string, string>> {
  await using upstream = await startUpstream((req, res) => res.end(JSON.stringify(req.headers)));
  await using proxy = await startTestProxy(upstream.url, options);
  const answer = await exchangeRaw(
    proxy.port,
    `GET /x HTTP/1.1\r\nHost: pub.example\r\n${lines}Connection: close\r\n\r\n`,
  );
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));
}

const namesOf = (headers: Readonly<Record<string, string>>): string[] =>
  Object.keys(headers).filter((name) => /^x[-_]|^forwarded$|^via$/.test(name));

test('at the edge all that a client says of where it comes from is overwritten', async () => {
  const headers = await headersAtLegacy({}, spoofed);
  expect(headers).toMatchObject({
    host: 'pub.example',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': 'pub.example',
    forwarded: 'for=127.0.0.1;host=pub.example;proto=http',
  });
  expect(namesOf(headers).toSorted()).toEqual([
    'forwarded',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-request-id',
  ]);
});

test('behind a trusted hop its word is appended to, and x-fig-* is stripped all the same', async () => {
  const headers = await headersAtLegacy({ trust: { proxies: ['127.0.0.0/8', '10.0.0.0/8'] } }, spoofed);
  expect(headers).toMatchObject({
    'x-forwarded-for': '6.6.6.6, 10.0.0.1, 127.0.0.1',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-port': '1',
    forwarded: 'for=6.6.6.6;host=evil.example;proto=https, for=10.0.0.1, for=127.0.0.1',
  });
  expect(headers).not.toHaveProperty('x-fig-served-by');
});

test.each([
  [undefined, 'pub.example'],
  ['keep', 'pub.example'],
  ['inner.example', 'inner.example'],
])('with hostHeader %j legacy is asked as %s, and told what the visitor asked for', async (hostHeader, expected) => {
  const headers = await headersAtLegacy({ hostHeader }, '');
  expect(headers).toMatchObject({ host: expected, 'x-forwarded-host': 'pub.example' });
});

test('with hostHeader "replace" legacy is asked by its own name', async () => {
  await using upstream = await startUpstream((req, res) => res.end(req.headers.host));
  await using proxy = await startTestProxy(upstream.url, { hostHeader: 'replace' });
  const answer = await exchangeRaw(proxy.port, 'GET / HTTP/1.1\r\nHost: pub\r\nConnection: close\r\n\r\n');
  expect(answer).toMatch(new RegExp(`${upstream.url.host}$`));
});

const askVia = (port: number, method: string): Promise<string> =>
  exchangeRaw(port, `${method} / HTTP/1.1\r\nHost: a\r\nVia: 2 cdn\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);

test('Via is added when it is wanted, behind what others added, in both directions', async () => {
  await using upstream = await startUpstream((req, res) => {
    res.setHeader('Via', '1.0 cache');
    res.end(req.headers.via);
  });
  await using silent = await startTestProxy(upstream.url);
  await using proxy = await startTestProxy(upstream.url, { via: 'fig' });
  for (const method of ['GET', 'POST']) {
    const answer = await askVia(proxy.port, method);
    expect(answer).toMatch(/2 cdn, 1\.1 fig$/);
    expect(answer.match(/^Via: .*$/gm)).toEqual(['Via: 1.0 cache', 'Via: 1.1 fig']);
  }
  const answer = await askVia(silent.port, 'GET');
  expect(answer).toMatch(/2 cdn$/);
  expect(answer.match(/^Via: .*$/gm)).toEqual(['Via: 1.0 cache']);
});

test('visitors are told apart by the address that a trusted hop names', async () => {
  const routing = routingOf('canary', 50);
  const sides = new Map<string, Set<string>>();
  const candidate: Candidate = {
    ask: async () => ({ ok: true, answer: { status: 200, headers: [], body: Buffer.from('candidate') }, tookMs: 1 }),
  };
  await using upstream = await startUpstream((_, res) => res.end('legacy'));
  await using proxy = await startTestProxy(upstream.url, {
    features: [ordersFeature],
    routing: () => routing,
    candidate: () => candidate,
    applied: () => new ScriptedApplied(1_000n),
    source: new ScriptedSource(),
    trust: { proxies: ['127.0.0.1'] },
  });
  const sideOf = async (address: string): Promise<string> => {
    const answer = await exchangeRaw(
      proxy.port,
      `GET /orders/1 HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ${address}\r\nConnection: close\r\n\r\n`,
    );
    return answer.endsWith('candidate') ? 'candidate' : 'legacy';
  };
  let isServing = false;
  for (let i = 0; !isServing; i += 1) isServing = (await sideOf(`198.51.100.${i % 250}`)) === 'candidate';
  for (let i = 0; i < 20; i += 1) {
    for (const spoof of ['', '6.6.6.6, ', `${i}.1.1.1, `]) {
      const visitor = `203.0.113.${i}`;
      const seen = sides.get(visitor) ?? new Set();
      sides.set(visitor, seen.add(await sideOf(spoof + visitor)));
    }
  }
  expect([...sides.values()].every((seen) => seen.size === 1)).toBe(true);
  expect(new Set([...sides.values()].flatMap((seen) => [...seen])).size).toBe(2);
});

const lines = (headers: RawHeaders): string[] =>
  headers.flatMap((name, i) => (i % 2 === 0 ? [`${name.toLowerCase()}: ${headers[i + 1]}`] : []));

test('candidate and shadow get the very headers that legacy gets', async () => {
  const routing = routingOf('shadow');
  let atLegacy: RawHeaders = [];
  await using upstream = await startUpstream((req, res) => {
    atLegacy = req.rawHeaders;
    res.end('ok');
  });
  await using proxy = await startTestProxy(upstream.url, {
    features: [ordersFeature],
    routing: () => routing,
    hostHeader: 'inner.example',
    via: 'fig',
  });
  await exchangeRaw(
    proxy.port,
    `GET /orders/1 HTTP/1.1\r\nHost: pub.example\r\n${spoofed}X-D: 1\r\nx-d: 2\r\nConnection: close\r\n\r\n`,
  );
  await until(() => proxy.offered.length === 1);
  const copied = proxy.offered[0]!.question.headers;
  expect(lines(atLegacy).filter((line) => !line.startsWith('connection'))).toEqual(lines(copied));
  expect(lines(copied)).toContain('x-forwarded-for: 127.0.0.1');
});

test('a write that a trusted hop received by https gets a cookie for https only', async () => {
  const routing = routingOf('live');
  await using upstream = await startUpstream((_, res) => res.end('ok'));
  await using proxy = await startTestProxy(upstream.url, {
    features: [ordersFeature],
    routing: () => routing,
    source: new ScriptedSource(),
    trust: { hops: 1 },
  });
  const write = (proto: string): Promise<string> =>
    exchangeRaw(
      proxy.port,
      `POST /x HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 8.8.8.8\r\nX-Forwarded-Proto: ${proto}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    );
  expect(await write('https')).toMatch(/Set-Cookie: fig_fence=.*; Secure\r\n/);
  expect(await write('http')).not.toContain('; Secure');
});

test('a request of HTTP/1.0 without Host reaches legacy with one', async () => {
  await using upstream = await startUpstream((req, res) => res.end(`host ${req.headers.host}`));
  await using proxy = await startTestProxy(upstream.url);
  expect(await exchangeRaw(proxy.port, 'GET / HTTP/1.0\r\n\r\n')).toContain(`host ${upstream.url.host}`);
});
