import type { ServerResponse } from 'node:http';
import { constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { exchangeRaw, rawClient, startRawUpstream, startTestProxy, startUpstream, until } from './support/harness.ts';

const upgrade = (target: string, more = ''): string =>
  `GET ${target} HTTP/1.1\r\nHost: pub.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${more}` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

test('a WebSocket works through the proxy, both ways, and closes on both sides', async () => {
  await using upstream = await startUpstream((_, res) => res.end());
  const sockets = new WebSocketServer({ server: upstream.server });
  let closeCode: number | undefined;
  sockets.on('connection', (socket) => {
    socket.send('welcome');
    socket.on('message', (data: Buffer) => socket.send(`echo ${data.toString()}`));
    socket.on('close', (code) => {
      closeCode = code;
    });
  });
  await using proxy = await startTestProxy(upstream.url);
  const client = new WebSocket(`ws://127.0.0.1:${proxy.port}/live`);
  const messages: string[] = [];
  client.on('message', (data: Buffer) => messages.push(data.toString()));
  await until(() => messages.length === 1);
  client.send('hello');
  await until(() => messages.length === 2);
  expect(messages).toEqual(['welcome', 'echo hello']);
  client.close(4_000);
  await until(() => closeCode !== undefined && client.readyState === WebSocket.CLOSED);
  expect(closeCode).toBe(4_000);
  expect(proxy.seen).toMatchObject([{ path: '/live', status: 101, reason: 'upgrade' }]);
  sockets.close();
});

test('the handshake reaches legacy as it was sent', async () => {
  await using upstream = await startRawUpstream((received, socket) => {
    if (received.endsWith('\r\n\r\n')) {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    }
  });
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(
    proxy.port,
    upgrade(
      '//a//b/../c?x=//y',
      'X-D: 1\r\nX-D: 2\r\nX-Fig-A: 1\r\nCookie: a=1; fig_fence=z\r\nX-Forwarded-For: 6.6.6.6\r\n',
    ),
  );
  await client.receives('101 Switching Protocols');
  const received = upstream.received();
  expect(received).toMatch(/^GET \/\/a\/\/b\/\.\.\/c\?x=\/\/y HTTP\/1\.1\r\n/);
  expect(received).toContain('Host: pub.example\r\n');
  expect(received).toContain('X-D: 1\r\nX-D: 2\r\n');
  expect(received).toContain('Cookie: a=1\r\n');
  expect(received).toContain('X-Forwarded-For: 127.0.0.1\r\n');
  expect(received).toContain('Upgrade: websocket\r\n');
  expect(received.toLowerCase()).not.toContain('x-fig-');
  client.socket.destroy();
});

test.each([
  ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n6\r\nno way\r\n0\r\n\r\n'],
  ['of known length', 'Content-Length: 6\r\n\r\nno way'],
  ['with trailers that never come', 'Trailer: X-T\r\nContent-Length: 6\r\n\r\nno way'],
])("legacy's refusal %s is passed on, and nothing becomes a tunnel", async (_, rest) => {
  await using upstream = await startRawUpstream((received, socket) => {
    if (received.endsWith('\r\n\r\n'))
      socket.write(`HTTP/1.1 403 Not For You\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n${rest}`);
  });
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(proxy.port, upgrade('/live'));
  expect(await client.ended).toBe('end');
  expect(client.text()).toMatch(/^HTTP\/1\.1 403 Not For You\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n/);
  expect(client.text()).toContain('no way');
  expect(proxy.seen).toMatchObject([{ status: 403, reason: 'upgrade' }]);
  await until(() => upstream.sockets.size === 0);
});

test('an upgrade to a legacy that is not there gives 502', async () => {
  await using proxy = await startTestProxy(new URL('http://127.0.0.1:1'));
  const client = await rawClient(proxy.port, upgrade('/live'));
  await client.ended;
  expect(client.text()).toMatch(/^HTTP\/1\.1 502 /);
  expect(proxy.seen).toMatchObject([{ status: 502, reason: 'upgrade' }]);
});

test('an upgrade that legacy never answers gives 504 in the end', async () => {
  await using upstream = await startRawUpstream(() => undefined);
  await using proxy = await startTestProxy(upstream.url, { timeouts: { responseHeadersMs: 50 } });
  const client = await rawClient(proxy.port, upgrade('/live'));
  await client.ended;
  expect(client.text()).toMatch(/^HTTP\/1\.1 504 [^]*FIG_UPSTREAM_RESPONSE_HEADERS_TIMEOUT/);
  await until(() => upstream.sockets.size === 0);
});

const accept = (received: string, socket: Socket): void => {
  if (received.endsWith('\r\n\r\n')) {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  }
};

test.each(['destroy', 'resetAndDestroy'] as const)('a client that leaves by %s closes the other side', async (how) => {
  await using upstream = await startRawUpstream(accept);
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(proxy.port, upgrade('/live'));
  await client.receives('101');
  client.socket[how]();
  await until(() => upstream.sockets.size === 0);
  expect(proxy.seen).toMatchObject([{ status: 101, aborted: false }]);
});

test.each(['destroy', 'resetAndDestroy'] as const)('a legacy that leaves by %s closes the other side', async (how) => {
  await using upstream = await startRawUpstream(accept);
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(proxy.port, upgrade('/live'));
  await client.receives('101');
  for (const socket of upstream.sockets) socket[how]();
  expect(await client.ended).toMatch(/^(end|reset)$/);
  await until(() => client.closed());
});

test('a client that leaves before legacy answered the upgrade takes the upstream request with it', async () => {
  await using upstream = await startRawUpstream(() => undefined);
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(proxy.port, upgrade('/live'));
  await until(() => upstream.received() !== '');
  client.socket.resetAndDestroy();
  await until(() => upstream.sockets.size === 0);
  await until(() => proxy.seen.length === 1);
  expect(proxy.seen).toMatchObject([{ status: undefined, aborted: true }]);
});

test('an upgrade to anything else is ignored and the request is answered', async () => {
  await using upstream = await startUpstream((req, res) => res.end(`${req.url} ${String(req.headers.upgrade)}`));
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(
    proxy.port,
    'GET /page HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n\r\n',
  );
  expect(await client.ended).toBe('end');
  expect(client.text()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(client.text()).toContain('/page undefined');
  expect(proxy.seen).toMatchObject([{ status: 200, reason: 'no-route', aborted: false }]);
});

test('an upgrade with two Host headers is refused', async () => {
  await using upstream = await startUpstream((_, res) => res.end());
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(proxy.port, upgrade('/live', 'Host: other\r\n'));
  await client.ended;
  expect(client.text()).toMatch(/^HTTP\/1\.1 400 /);
  expect(upstream.connections).toBe(0);
});

test('a tunnel is closed when the proxy stops', async () => {
  await using upstream = await startRawUpstream(accept);
  const proxy = await startTestProxy(upstream.url);
  const client = await rawClient(proxy.port, upgrade('/live'));
  await client.receives('101');
  await proxy.proxy.stop();
  await until(() => client.closed() && upstream.sockets.size === 0);
  expect(proxy.seen).toMatchObject([{ status: 101 }]);
});

test('what a client sends ahead of the 101 reaches legacy behind it only, and nothing is lost either way', async () => {
  let isAccepted = false;
  let tooEarly = '';
  await using upstream = await startRawUpstream((received, socket) => {
    const after = received.slice(received.indexOf('\r\n\r\n') + 4);
    if (!isAccepted) tooEarly += after;
    if (after === 'early late') socket.write('and back');
  });
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(proxy.port, `${upgrade('/live')}early `);
  await until(() => upstream.received().includes('\r\n\r\n'));
  client.send('late');
  // A round trip of another request: what was sent before it has been read by the proxy.
  const other = await rawClient(proxy.port, 'nonsense\r\n\r\n');
  await other.ended;
  isAccepted = true;
  for (const socket of upstream.sockets) {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhead ');
  }
  await client.receives('and back');
  expect(client.text()).toMatch(/\r\n\r\nhead and back$/);
  expect(tooEarly).toBe('');
  client.socket.destroy();
});

test('an upgrade with a body is refused and legacy is not asked', async () => {
  await using upstream = await startUpstream((_, res) => res.end());
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(proxy.port, `${upgrade('/live', 'Content-Length: 5\r\n')}hello`);
  await client.ended;
  expect(client.text()).toMatch(/^HTTP\/1\.1 501 /);
  expect(upstream.connections).toBe(0);
});

test.each(['websocket', 'h2c'])(
  'an upgrade to %s asked behind a request that is being answered waits for its turn',
  async (to) => {
    let first: ServerResponse | undefined;
    const urls: string[] = [];
    await using upstream = await startUpstream((req, res) => {
      urls.push(req.url ?? '');
      if (req.url === '/slow') first = res;
      else res.end('second');
    });
    upstream.server.on('upgrade', (req, socket) => {
      urls.push(req.url ?? '');
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nsecond');
    });
    await using proxy = await startTestProxy(upstream.url);
    const client = await rawClient(
      proxy.port,
      `GET /slow HTTP/1.1\r\nHost: a\r\n\r\n${upgrade('/x').replace('Upgrade: websocket', `Upgrade: ${to}`)}`,
    );
    await until(() => first !== undefined);
    // Another request that goes through shows that the proxy is alive and has read all of the above.
    expect(await exchangeRaw(proxy.port, 'GET /other HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toContain(
      'second',
    );
    expect(urls).toEqual(['/slow', '/other']);
    first?.end('first');
    await client.ended;
    expect(client.text()).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nfirstHTTP\/1\.1 [12][\s\S]*second$/);
    expect(urls).toEqual(['/slow', '/other', '/x']);
  },
);

/** Every header that node knows, once; those that say where a request ends have tests of their own. */
const anyHeaders = Object.entries(constants)
  .filter(([constant]) => constant.startsWith('HTTP2_HEADER_'))
  .map(([, name]) => String(name))
  .filter((name) => !/^(?::.*|connection|upgrade|host|expect|content-length|transfer-encoding)$/.test(name));

test('an upgrade is passed on whatever headers it comes with', async () => {
  await using upstream = await startRawUpstream((received, socket) => {
    if (received.endsWith('\r\n\r\n')) socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
  });
  await using proxy = await startTestProxy(upstream.url);
  for (const name of anyHeaders) {
    const answer = await exchangeRaw(proxy.port, upgrade(`/${name}`, `${name}: trailers\r\n`));
    expect(answer, name).toMatch(/^HTTP\/1\.1 403 /);
    expect(upstream.received()).toContain(`GET /${name} HTTP/1.1\r\n`);
  }
});

test.each([
  ['that expects to be asked for a body', upgrade('/x', 'Expect: 100-continue\r\n'), 'asked for undefined', 1],
  ['of HTTP/1.0', upgrade('/x').replace('HTTP/1.1', 'HTTP/1.0'), 'asked for undefined', 1],
  ['with too many header lines', upgrade('/x', 'X: 1\r\n'.repeat(300)), 'HTTP/1.1 431 ', 0],
])('an upgrade %s is answered like any other request', async (_, request, part, connections) => {
  await using upstream = await startUpstream((req, res) => res.end(`asked for ${req.headers.upgrade}`));
  await using proxy = await startTestProxy(upstream.url);
  const answer = await exchangeRaw(proxy.port, request);
  expect(answer).toContain(part);
  expect(upstream.connections).toBe(connections);
});

test('an upgrade to a legacy that never makes the connection gives 504 after the time to connect', async () => {
  // It accepts, but never shakes hands: a connection with TLS is not made.
  await using upstream = await startRawUpstream(() => undefined);
  const legacy = new URL(upstream.url.href.replace('http:', 'https:'));
  await using proxy = await startTestProxy(legacy, { timeouts: { connectMs: 50 } });
  const answer = await exchangeRaw(proxy.port, upgrade('/live'));
  expect(answer).toMatch(/^HTTP\/1\.1 504 [^]*FIG_UPSTREAM_CONNECT_TIMEOUT[^]*"phase":"connect"/);
  await until(() => upstream.sockets.size === 0);
});

test('CONNECT is refused, behind what was asked before it', async () => {
  await using upstream = await startUpstream((_, res) => res.end('first'));
  await using proxy = await startTestProxy(upstream.url);
  const ask = 'CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n';
  expect(await exchangeRaw(proxy.port, ask)).toMatch(/^HTTP\/1\.1 501 /);
  const answers = await exchangeRaw(proxy.port, `GET / HTTP/1.1\r\nHost: a\r\n\r\n${ask}`);
  expect(answers).toMatch(/^HTTP\/1\.1 200 [^]*firstHTTP\/1\.1 501 /);
  expect(upstream.connections).toBe(1);
});

test.each([
  ['CONNECT', 'CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n'],
  ['an upgrade with a body', upgrade('/x', 'Content-Length: 2\r\n')],
])('a client that is refused %s and does not close its side is closed', async (_, request) => {
  await using upstream = await startUpstream((__, res) => res.end());
  await using proxy = await startTestProxy(upstream.url);
  const client = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  client.write(request);
  client.resume();
  await until(() => client.readableEnded);
  await until(() => proxy.proxy.load().connections === 0);
  client.destroy();
});
