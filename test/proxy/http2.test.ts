import { connect, type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from 'node:http2';
import { expect, test } from 'vitest';
import type { ProxyOptions } from '../../proxy/create-proxy.ts';
import type { Candidate } from '../../src/kernel/candidate.ts';
import {
  ordersFeature,
  routingOf,
  startRawUpstream,
  startTestProxy,
  startUpstream,
  until,
  type TestProxy,
} from './support/harness.ts';
import { errorCodes, frameTypes, rawHttp2, request } from './support/http2-frames.ts';
import { ScriptedApplied, ScriptedSource } from './support/scripted-positions.ts';
import { ca, exchangeSecure, serverFiles } from './support/tls.ts';

const secure = (legacy: URL, options: Partial<ProxyOptions> = {}): Promise<TestProxy> =>
  startTestProxy(legacy, { tls: serverFiles, ...options });

function session(port: number): ClientHttp2Session & AsyncDisposable {
  const client = connect(`https://localhost:${port}`, { ca });
  client.on('error', () => undefined);
  const dispose = async (): Promise<void> => {
    client.destroy();
  };
  return Object.assign(client, { [Symbol.asyncDispose]: dispose });
}

interface Answer {
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
  readonly rstCode: number;
}

function answerTo(stream: ClientHttp2Stream): Promise<Answer> {
  return new Promise((resolve) => {
    let headers: OutgoingHttpHeaders = {};
    let body = '';
    stream.on('response', (received) => {
      headers = received;
    });
    stream.on('data', (chunk: Buffer) => {
      body += chunk.toString('latin1');
    });
    stream.on('error', () => undefined);
    stream.on('close', () => resolve({ headers, body, rstCode: stream.rstCode }));
  });
}

const answerOnce =
  (answer: string) => (received: string, socket: { write: (text: string, as: 'latin1') => unknown }) => {
    if (received.endsWith('\r\n\r\n')) socket.write(answer, 'latin1');
  };

test('HTTP/2 is agreed on by ALPN, HTTP/1.1 with everyone else, and it can be switched off', async () => {
  await using upstream = await startUpstream((_, res) => res.end('ok'));
  await using proxy = await secure(upstream.url);
  await using client = session(proxy.port);
  expect(await answerTo(client.request({ ':path': '/x' }))).toMatchObject({ body: 'ok', headers: { ':status': 200 } });
  expect(client.alpnProtocol).toBe('h2');
  const http1 = await exchangeSecure(proxy.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  expect(http1).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*ok$/);
  await using without = await secure(upstream.url, { tls: { ...serverFiles, http2: false } });
  await using refused = session(without.port);
  await until(() => refused.destroyed);
  expect(refused.alpnProtocol).not.toBe('h2');
});

test('an HTTP/2 request becomes an HTTP/1.1 one: Host from the authority, one line of cookies, no pseudo-headers', async () => {
  await using upstream = await startRawUpstream(answerOnce('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  await using proxy = await secure(upstream.url, { via: 'fig' });
  const client = await rawHttp2(proxy.port);
  client.ask(
    1,
    request('/a//b/../c?x=%zz', [
      ['cookie', 'a=1'],
      ['x-d', '1'],
      ['cookie', 'fig_fence=x.y'],
      ['x-d', '2'],
      ['cookie', 'b=2'],
      ['te', 'trailers'],
      ['x-fig-a', '1'],
      ['x-forwarded-for', '6.6.6.6'],
    ]),
  );
  await client.receives(frameTypes.data, 1);
  const received = upstream.received();
  expect(received).toMatch(/^GET \/a\/\/b\/\.\.\/c\?x=%zz HTTP\/1\.1\r\nhost: pub\.example\r\n/);
  expect(received).toContain('x-d: 1\r\nx-d: 2\r\n');
  expect(received.match(/^cookie: .*$/gim)).toEqual(['cookie: a=1; b=2']);
  expect(received).toContain('X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: https\r\n');
  expect(received).toContain('Via: 2.0 fig\r\n');
  expect(received).not.toMatch(/^:|x-fig-|6\.6\.6\.6|transfer-encoding/im);
  client.socket.destroy();
});

test.each([
  ['connection', 'close'],
  ['keep-alive', 'timeout=5'],
  ['proxy-connection', 'keep-alive'],
  ['transfer-encoding', 'chunked'],
  ['upgrade', 'websocket'],
  ['te', 'gzip'],
  ['X-Upper', '1'],
  [':path', '/twice'],
  [':unknown', '1'],
  ['content-length', '5'],
])('a malformed request is reset and legacy is not asked: %s: %s', async (name, value) => {
  await using upstream = await startUpstream((_, res) => res.end('ok'));
  await using proxy = await secure(upstream.url);
  const client = await rawHttp2(proxy.port);
  client.ask(1, request('/x', [[name, value]]));
  const reset = client.receives(frameTypes.reset, 1);
  const goaway = client.receives(frameTypes.goaway, 0);
  await Promise.any([reset, goaway]);
  expect(upstream.connections).toBe(0);
  client.socket.destroy();
  await Promise.allSettled([reset, goaway]);
});

test.each([
  ['a line break', 'a\r\nx-smuggled: 1'],
  ['a NUL', 'a\0b'],
])('a header value with %s never reaches legacy', async (_, value) => {
  await using upstream = await startRawUpstream(answerOnce('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  await using proxy = await secure(upstream.url);
  const client = await rawHttp2(proxy.port);
  client.ask(1, request('/x', [['x-bad', value]]));
  await Promise.race([client.receives(frameTypes.data, 1), client.receives(frameTypes.reset, 1)]);
  expect(upstream.received()).not.toMatch(/x-bad|smuggled/i);
  client.socket.destroy();
});

test.each([
  ['two hosts', request('/x', [['host', 'evil.example']])],
  ['no host', request('/x').filter(([name]) => name !== ':authority')],
  ['a user in the authority', request('/x').map((f) => (f[0] === ':authority' ? ([f[0], 'a@b'] as const) : f))],
])('%s: 400, and legacy is not asked', async (_, fields) => {
  await using upstream = await startUpstream((_req, res) => res.end('ok'));
  await using proxy = await secure(upstream.url);
  const client = await rawHttp2(proxy.port);
  client.ask(1, fields);
  const frame = await Promise.race([client.receives(frameTypes.data, 1), client.receives(frameTypes.reset, 1)]);
  expect(frame.type === frameTypes.reset || frame.payload.toString().includes('FIG_REQUEST_REFUSED')).toBe(true);
  expect(upstream.connections).toBe(0);
  client.socket.destroy();
});

test('a space in the path of an HTTP/2 request makes no second request line', async () => {
  await using upstream = await startUpstream((_, res) => res.end('ok'));
  await using proxy = await secure(upstream.url);
  const client = await rawHttp2(proxy.port);
  client.ask(1, request('/x HTTP/1.1'));
  const frame = await Promise.race([client.receives(frameTypes.data, 1), client.receives(frameTypes.reset, 1)]);
  expect(frame.payload.toString()).not.toContain('ok');
  expect(upstream.connections).toBe(0);
  client.socket.destroy();
});

test('an answer loses what belongs to the HTTP/1.1 connection and keeps its repeated lines apart', async () => {
  await using upstream = await startRawUpstream(
    answerOnce(
      'HTTP/1.1 418 Short And Stout\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nSet-Cookie: a=1\r\n' +
        'Set-Cookie: b=2\r\nETag: "1"\r\nETag: "2"\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    ),
  );
  await using proxy = await secure(upstream.url);
  await using client = session(proxy.port);
  const { headers, body } = await answerTo(client.request({ ':path': '/' }));
  expect(headers).toMatchObject({ ':status': 418, 'set-cookie': ['a=1', 'b=2'], etag: '"1"' });
  expect(Object.keys(headers)).toEqual([':status', 'set-cookie', 'etag']);
  expect(body).toBe('abc');
});

test('bodies of known and unknown length go up, many requests share a connection', async () => {
  await using upstream = await startUpstream(async (req, res) => {
    let length = 0;
    for await (const chunk of req) length += (chunk as Buffer).length;
    res.end(`${req.method} ${length} ${req.headers['content-length'] ?? req.headers['transfer-encoding']}`);
  });
  await using proxy = await secure(upstream.url);
  await using client = session(proxy.port);
  const post = (body: Buffer, headers: OutgoingHttpHeaders = {}): Promise<Answer> => {
    const stream = client.request({ ':method': 'POST', ':path': '/', ...headers });
    stream.end(body);
    return answerTo(stream);
  };
  const sizes = [0, 1, 1_000, 300_000];
  const known = await Promise.all(sizes.map((size) => post(Buffer.alloc(size), { 'content-length': size })));
  expect(known.map(({ body }) => body)).toEqual(sizes.map((size) => `POST ${size} ${size}`));
  const unknown = await post(Buffer.alloc(300_000));
  expect(unknown.body).toBe('POST 300000 chunked');
  expect(await answerTo(client.request({ ':method': 'HEAD', ':path': '/' }))).toMatchObject({ body: '', rstCode: 0 });
  expect(await answerTo(client.request({ ':method': 'DELETE', ':path': '/' }))).toMatchObject({ rstCode: 0 });
});

test('an upstream that is cut resets its stream, and the other streams go on', async () => {
  await using upstream = await startUpstream((req, res) => {
    if (req.url === '/cut') {
      res.writeHead(200, { 'Content-Length': 100 });
      res.write('part');
      setImmediate(() => res.destroy());
    } else res.end('whole');
  });
  await using proxy = await secure(upstream.url);
  const client = await rawHttp2(proxy.port);
  client.ask(1, request('/cut'));
  const reset = await client.receives(frameTypes.reset, 1);
  expect(reset.payload.readUInt32BE()).toBe(errorCodes.internal);
  // No frame of the stream claimed that the answer was complete.
  expect(client.frames.filter(({ stream, type, flags }) => stream === 1 && type < 2 && (flags & 1) === 1)).toEqual([]);
  client.ask(3, request('/other'));
  expect((await client.receives(frameTypes.data, 3)).payload.toString()).toBe('whole');
  await until(() => proxy.seen.length === 2);
  expect(proxy.seen[0]).toMatchObject({ path: '/cut', aborted: true });
  expect(proxy.seen[1]).toMatchObject({ path: '/other', aborted: false });
  client.socket.destroy();
});

test('a stream that the client resets ends the upstream request at once', async () => {
  let asked = 0;
  let gone = 0;
  await using upstream = await startUpstream((req, res) => {
    asked += 1;
    res.once('close', () => (gone += 1));
    if (req.url === '/body') res.write('first');
  });
  await using proxy = await secure(upstream.url);
  await using client = session(proxy.port);
  const silent = client.request({ ':path': '/silent' });
  const body = client.request({ ':path': '/body' });
  body.on('data', () => body.close(8));
  for (const stream of [silent, body]) stream.on('error', () => undefined);
  await until(() => asked === 2);
  silent.close(8);
  await until(() => gone === 2 && proxy.seen.length === 2 && proxy.proxy.inFlight === 0);
  expect(proxy.seen).toMatchObject([{ aborted: true }, { aborted: true }]);
});

test('a session that breaks off ends everything it asked for', async () => {
  let asked = 0;
  await using upstream = await startUpstream(() => (asked += 1));
  await using proxy = await secure(upstream.url);
  const client = await rawHttp2(proxy.port);
  client.ask(1, request('/a'));
  client.ask(3, request('/b'));
  await until(() => asked === 2);
  client.socket.destroy();
  await until(() => upstream.sockets.size === 0 && proxy.proxy.inFlight === 0);
});

test('candidate, fence and copies work over HTTP/2 as over HTTP/1.1', async () => {
  const routing = routingOf('live');
  const candidate: Candidate = {
    ask: async ({ params }) => ({
      ok: true,
      answer: { status: 200, headers: ['Content-Type', 'text/plain'], body: Buffer.from(`candidate ${params.id}`) },
      tookMs: 1,
    }),
  };
  await using upstream = await startUpstream((req, res) => {
    req.resume();
    res.end('legacy');
  });
  await using proxy = await secure(upstream.url, {
    features: [ordersFeature],
    routing: () => routing,
    candidate: () => candidate,
    applied: () => new ScriptedApplied(1_000n),
    source: new ScriptedSource(),
  });
  await using client = session(proxy.port);
  const get = (path: string): Promise<Answer> => answerTo(client.request({ ':path': path }));
  let answer = await get('/orders/1');
  while (answer.body === 'legacy') answer = await get('/orders/1');
  expect(answer).toMatchObject({ body: 'candidate 1', headers: { 'x-fig-served-by': 'candidate' } });
  expect(await get('/orders//1')).toMatchObject({ body: 'legacy' });
  const write = client.request({ ':method': 'POST', ':path': '/orders' });
  write.end('x');
  expect(String((await answerTo(write)).headers['set-cookie'])).toMatch(/^fig_fence=.*; Secure$/);
  await until(() => proxy.offered.length > 0);
  expect(proxy.offered[0]?.question.headers.slice(0, 2)).toEqual(['host', `localhost:${proxy.port}`]);
});

test('when the proxy stops, streams in flight are answered and their connection is closed', async () => {
  let finish: (() => void) | undefined;
  await using upstream = await startUpstream((_, res) => {
    finish = () => res.end('late');
  });
  await using proxy = await secure(upstream.url, { stopGraceMs: 5_000 });
  await using client = session(proxy.port);
  const answer = answerTo(client.request({ ':path': '/' }));
  await until(() => finish !== undefined);
  const stopped = proxy.proxy.stop();
  let isToldToGo = false;
  client.on('goaway', () => {
    isToldToGo = true;
  });
  await until(() => isToldToGo);
  finish?.();
  expect(await answer).toMatchObject({ body: 'late', rstCode: 0 });
  await stopped;
});

test('CONNECT over HTTP/2 is refused', async () => {
  await using upstream = await startUpstream((_, res) => res.end('ok'));
  await using proxy = await secure(upstream.url);
  const client = await rawHttp2(proxy.port);
  client.ask(1, [
    [':method', 'CONNECT'],
    [':authority', 'evil.example:25'],
  ]);
  await Promise.race([client.receives(frameTypes.headers, 1), client.receives(frameTypes.reset, 1)]);
  expect(upstream.connections).toBe(0);
  client.socket.destroy();
});

test('interim answers and trailers of legacy reach an HTTP/2 client', async () => {
  await using upstream = await startRawUpstream(
    answerOnce(
      'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nLink: </b.js>\r\n\r\nHTTP/1.1 200 OK\r\nTrailer: X-Sum\r\n' +
        'Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\nContent-Length: 9\r\n\r\n',
    ),
  );
  await using proxy = await secure(upstream.url);
  await using client = session(proxy.port);
  const stream = client.request({ ':path': '/', te: 'trailers' });
  let hints: OutgoingHttpHeaders = {};
  let trailers: OutgoingHttpHeaders = {};
  stream.on('headers', (headers) => (hints = headers));
  stream.on('trailers', (headers) => (trailers = headers));
  expect(await answerTo(stream)).toMatchObject({ body: 'ok', rstCode: 0 });
  expect(hints).toMatchObject({ ':status': 103, link: '</a.css>, </b.js>' });
  expect(trailers).toMatchObject({ 'x-sum': '7' });
  expect(trailers).not.toHaveProperty('content-length');
  expect(upstream.received().toLowerCase()).toContain('te: trailers\r\n');
});

test('Expect: 100-continue over HTTP/2 waits for what legacy says', async () => {
  await using upstream = await startRawUpstream((received, socket) => {
    const isRefused = received.includes('PUT /no');
    if (received.endsWith('\r\n\r\n') && !isRefused) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    if (isRefused) socket.write('HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno');
    if (received.endsWith('body')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes');
  });
  await using proxy = await secure(upstream.url);
  await using client = session(proxy.port);
  const put = (path: string): ClientHttp2Stream =>
    client.request({ ':method': 'PUT', ':path': path, expect: '100-continue', 'content-length': 4 });
  const wanted = put('/yes');
  wanted.once('continue', () => wanted.end('body'));
  expect(await answerTo(wanted)).toMatchObject({ body: 'yes', headers: { ':status': 200 } });
  const refused = put('/no');
  let isTold = false;
  refused.once('continue', () => (isTold = true));
  refused.once('response', () => refused.close());
  expect((await answerTo(refused)).headers).toMatchObject({ ':status': 401 });
  expect(isTold).toBe(false);
});

test('a refusal during an upload over HTTP/2 is complete before the client is told to stop, and the rest goes on', async () => {
  await using upstream = await startRawUpstream((received, socket) => {
    if (received.startsWith('POST')) socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nmuch');
    else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  await using proxy = await secure(upstream.url);
  const client = await rawHttp2(proxy.port);
  client.ask(1, [[':method', 'POST'], ...request('/').slice(1)], false);
  client.data(1, 'first', false);
  const reset = await client.receives(frameTypes.reset, 1);
  expect(reset.payload.readUInt32BE()).toBe(errorCodes.none);
  const own = client.frames.filter(({ stream }) => stream === 1);
  expect(own.at(-1)).toBe(reset);
  expect(own.some(({ type, flags }) => type === frameTypes.data && (flags & 1) === 1)).toBe(true);
  client.ask(3, request('/'));
  expect((await client.receives(frameTypes.data, 3)).payload.toString()).toBe('ok');
  await until(() => proxy.seen.length === 2);
  expect(proxy.seen[0]).toMatchObject({ status: 413, aborted: false });
  client.socket.destroy();
});

test('a slow reader over HTTP/2 holds the upstream back and gets every byte', async () => {
  const size = 8 * 1024 * 1024;
  let sent = 0;
  await using upstream = await startUpstream((_, res) => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const more = (): void => {
      while (sent < size) {
        sent += chunk.length;
        if (!res.write(chunk)) {
          res.once('drain', more);
          return;
        }
      }
      res.end();
    };
    more();
  });
  await using proxy = await secure(upstream.url);
  await using client = session(proxy.port);
  const stream = client.request({ ':path': '/' });
  stream.pause();
  await new Promise((resolve) => stream.once('response', resolve));
  let before = -1;
  // Until nothing moves any more between two looks.
  while (before !== sent) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(sent).toBeLessThan(size);
  let received = 0;
  stream.on('data', (chunk: Buffer) => (received += chunk.length));
  stream.resume();
  await until(() => received === size);
});
