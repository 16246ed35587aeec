import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { exchangeRaw, startRawUpstream, startTestProxy, startUpstream } from './support/harness.ts';

const answerOnce =
  (answer: string) =>
  (received: string, socket: Socket): void => {
    if (received.endsWith('\r\n\r\n')) socket.write(answer, 'latin1');
  };

test('request headers keep order, case and repetition, and only those of the connection are taken out', async () => {
  await using upstream = await startRawUpstream(answerOnce('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  await using proxy = await startTestProxy(upstream.url);
  await exchangeRaw(
    proxy.port,
    'GET /x HTTP/1.1\r\nHost: pub.example\r\nX-D: 1\r\nx-B: caf\xe9\r\nX-D: 2\r\nAuthorization: A\r\nAuthorization: B\r\n' +
      'Connection: close, X-Secret\r\nX-Secret: s\r\nKeep-Alive: timeout=9\r\nProxy-Authorization: p\r\n' +
      'Proxy-Connection: keep-alive\r\nTE: trailers\r\nTrailer: X-T\r\n\r\n',
  );
  const received = upstream.received();
  expect(received).toContain(
    'X-D: 1\r\nx-B: caf\xe9\r\nX-D: 2\r\nAuthorization: A\r\nAuthorization: B\r\nX-Forwarded-For',
  );
  expect(received).toMatch(/^GET \/x HTTP\/1\.1\r\nHost: pub\.example\r\n/);
  for (const gone of ['x-secret', 'keep-alive:', 'proxy-', 'trailer:']) {
    expect(received.toLowerCase()).not.toContain(gone);
  }
});

test('Connection cannot name away the host or the length of a request', async () => {
  await using upstream = await startRawUpstream((received, socket) => {
    if (received.endsWith('abc')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  await using proxy = await startTestProxy(upstream.url);
  await exchangeRaw(
    proxy.port,
    'POST /x HTTP/1.1\r\nHost: pub.example\r\nConnection: close, Host, Content-Length\r\nContent-Length: 3\r\n\r\nabc',
  );
  expect(upstream.received()).toContain('Host: pub.example\r\n');
  expect(upstream.received()).toContain('Content-Length: 3\r\n');
});

test('the answer is what legacy sent: status message, order, case, repetition, its own date or none', async () => {
  const head =
    'HTTP/1.1 418 Short And Stout\r\nX-B: 1\r\nSet-Cookie: a=1\r\nx-a: caf\xe9\r\nSet-Cookie: b=2; Path=/\r\n' +
    'X-D: 1\r\nX-D: 2\r\nContent-Length: 2\r\n';
  await using upstream = await startRawUpstream(
    answerOnce(
      `${head}Connection: X-Hop\r\nX-Hop: h\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: p\r\nTrailer: X-T\r\n\r\nok`,
    ),
  );
  await using proxy = await startTestProxy(upstream.url);
  const answer = await exchangeRaw(proxy.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  expect(answer).toBe(`${head}Connection: close\r\n\r\nok`);
});

test('where a client says it comes from is replaced by what the proxy sees', async () => {
  await using upstream = await startUpstream((req, res) => res.end(JSON.stringify(req.headers)));
  await using proxy = await startTestProxy(upstream.url);
  const answer = await fetch(`${proxy.url}/x`, {
    headers: {
      'x-forwarded-for': '6.6.6.6',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil.example',
      'x-fig-served-by': 'candidate',
      'x-fig-anything': '1',
    },
  });
  const headers: Record<string, string> = JSON.parse(await answer.text());
  expect(headers).toMatchObject({
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': `127.0.0.1:${proxy.port}`,
    host: `127.0.0.1:${proxy.port}`,
  });
  expect(Object.keys(headers).filter((name) => name.startsWith('x-fig-'))).toEqual([]);
});

test('a second Host header is refused and legacy is not asked', async () => {
  await using upstream = await startUpstream((_, res) => res.end('asked'));
  await using proxy = await startTestProxy(upstream.url);
  const answer = await exchangeRaw(proxy.port, 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain('FIG_REQUEST_REFUSED');
  expect(upstream.connections).toBe(0);
  expect(proxy.seen).toMatchObject([{ status: 400, reason: 'refused' }]);
});

test('targets reach legacy exactly as they were sent', async () => {
  const targets: (string | undefined)[] = [];
  await using upstream = await startUpstream((req, res) => {
    targets.push(req.url);
    res.end();
  });
  await using proxy = await startTestProxy(upstream.url);
  const sent = [
    '/a/../b',
    '/a/%2e%2e/b',
    '/a%2Fb',
    '//evil/x',
    '/a//b',
    '/a;v=1/b?x=%zz',
    '/%E4%F6',
    '/?',
    '/q?a=1&a=2?b#c',
    'http://a/abs?x=1',
  ];
  for (const target of sent) {
    await exchangeRaw(proxy.port, `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  }
  expect(targets).toEqual(sent);
});

test('a target that is neither a path nor a URL is refused, not rewritten', async () => {
  await using upstream = await startUpstream((_, res) => res.end());
  await using proxy = await startTestProxy(upstream.url);
  const answer = await exchangeRaw(proxy.port, 'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1\.1 501 /);
  expect(upstream.connections).toBe(0);
});

test('legacy does not see our cookie, and its own cookies are not touched', async () => {
  await using upstream = await startRawUpstream(answerOnce('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  await using proxy = await startTestProxy(upstream.url);
  const ask = (cookies: string): Promise<string> =>
    exchangeRaw(proxy.port, `GET / HTTP/1.1\r\nHost: a\r\n${cookies}Connection: close\r\n\r\n`);
  await ask('Cookie: a=1; fig_fence=x.y; b="2;3"\r\n');
  await ask('Cookie: fig_fence=x\r\n');
  await ask('Cookie: xfig_fence=1;a=%20\r\n');
  const [first, second, third] = upstream.received().split('--- next connection ---');
  const received = upstream.received();
  expect(received).toContain('Cookie: a=1; b="2;3"\r\n');
  expect(received).toContain('Cookie: xfig_fence=1;a=%20\r\n');
  expect(received).not.toContain('; fig_fence');
  expect([first, second, third].join('').match(/Cookie:/g)).toHaveLength(2);
});

test('x-fig-* in an answer is the proxy’s own word: what legacy says under that name does not reach the user', async () => {
  const ours = 'X-Fig-Served-By: candidate\r\nx-fig-reason: live\r\nX-FIG-Request-Id: 1\r\n';
  const others = 'X-Fig: 1\r\nX-Figure: 2\r\nX-Fi: 3\r\n';
  await using upstream = await startRawUpstream(
    answerOnce(
      `HTTP/1.1 103 Early Hints\r\n${ours}Link: </a>\r\n\r\n` +
        `HTTP/1.1 200 OK\r\n${ours}${others}Transfer-Encoding: chunked\r\nTrailer: X-Sum, x-fig-sum\r\n\r\n` +
        '2\r\nok\r\n0\r\nx-fig-sum: 1\r\nX-Sum: 2\r\n\r\n',
    ),
  );
  await using proxy = await startTestProxy(upstream.url, { explain: 'always' });
  const answer = await exchangeRaw(
    proxy.port,
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTE: trailers\r\n\r\n',
  );
  expect(answer.match(/^x-fig-.*$/gim)).toEqual(['x-fig-reason: no-route']);
  expect(answer).toContain(`200 OK\r\n${others}`);
  expect(answer).toContain('Link: </a>');
  expect(answer).toContain('X-Sum: 2');
});
