import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createServer as createNetServer } from 'node:net';
import { expect, test } from 'vitest';
import { limitsOf } from '../../src/config/limits.ts';
import { silentLog } from '../../src/kernel/log.ts';
import {
  bodyOf,
  exchangeRaw,
  rawClient,
  startRawUpstream,
  startTestProxy,
  startUpstream,
  until,
} from './support/harness.ts';

test('a client that leaves before the answer takes the upstream request with it', async () => {
  let isAsked = false;
  let isClosed = false;
  await using upstream = await startUpstream((req) => {
    isAsked = true;
    req.socket.once('close', () => {
      isClosed = true;
    });
  });
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(proxy.port, 'GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => isAsked);
  client.socket.destroy();
  await until(() => isClosed);
  await until(() => proxy.seen.length === 1);
  expect(proxy.seen).toMatchObject([{ path: '/slow', status: undefined, aborted: true }]);
  expect(proxy.proxy.inFlight).toBe(0);
});

test('a client that leaves during its upload takes the upstream request with it', async () => {
  let received = 0;
  let isCut = false;
  await using upstream = await startUpstream((req) => {
    req.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    req.on('error', () => {
      isCut = true;
    });
  });
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(proxy.port, 'POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello');
  await until(() => received === 5);
  client.socket.destroy();
  await until(() => isCut);
  await until(() => proxy.seen.length === 1);
  expect(proxy.seen).toMatchObject([{ status: undefined, aborted: true }]);
});

test('a client that leaves during its download takes the upstream request with it', async () => {
  let isClosed = false;
  await using upstream = await startUpstream((_, res) => {
    res.write('first');
    res.once('close', () => {
      isClosed = true;
    });
  });
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(proxy.port, 'GET /down HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.receives('first');
  client.socket.destroy();
  await until(() => isClosed);
  await until(() => proxy.seen.length === 1);
  expect(proxy.seen).toMatchObject([{ status: 200, aborted: true }]);
});

test('requests that wait behind another on the same connection are let go with it', async () => {
  let open = 0;
  await using upstream = await startUpstream((req) => {
    open += 1;
    req.socket.once('close', () => {
      open -= 1;
    });
  });
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(proxy.port, 'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => open === 2);
  client.socket.destroy();
  await until(() => open === 0 && proxy.proxy.inFlight === 0);
  expect(proxy.seen.map(({ aborted }) => aborted)).toEqual([true, true]);
});

test('a client that leaves while the connection to legacy is being made is let go at once', async () => {
  // It accepts and never answers the TLS handshake, so the connection is never there.
  await using upstream = await startRawUpstream(() => undefined);
  await using proxy = await startTestProxy(new URL(`https://127.0.0.1:${upstream.port}`));
  const client = await rawClient(proxy.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => upstream.connections === 1 && proxy.proxy.inFlight === 1);
  client.socket.destroy();
  await until(() => proxy.proxy.inFlight === 0);
  expect(proxy.seen).toMatchObject([{ status: undefined, aborted: true }]);
});

test.each([
  ['of known length', 'Content-Length: 100\r\n\r\npart'],
  ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n'],
])('an answer %s that legacy cuts is never ended cleanly', async (_, rest) => {
  let legacySocket: Socket | undefined;
  await using upstream = await startRawUpstream((__, socket) => {
    legacySocket = socket;
    socket.write(`HTTP/1.1 200 OK\r\n${rest}`);
  });
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(proxy.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.receives('part');
  legacySocket?.destroy();
  expect(await client.ended).toBe('reset');
  expect(client.text()).not.toContain('\r\n0\r\n');
  await until(() => proxy.seen.length === 1);
  expect(proxy.seen).toMatchObject([{ status: 200, aborted: true }]);
});

test('an HTTP/1.0 client, for whom the end of the connection is the end of the answer, is reset as well', async () => {
  let legacySocket: Socket | undefined;
  await using upstream = await startRawUpstream((_, socket) => {
    legacySocket = socket;
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n');
  });
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(proxy.port, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n');
  await client.receives('part');
  legacySocket?.destroy();
  expect(await client.ended).toBe('reset');
});

test('an answer that comes before the upload is through is passed on, and the upload may go on', async () => {
  await using upstream = await startUpstream((_, res) => {
    res.writeHead(413, 'Too Large', { connection: 'close' }).end('too large');
  });
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(
    proxy.port,
    `POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 400000\r\n\r\n${'x'.repeat(1_000)}`,
  );
  const answer = await client.receives('too large');
  expect(answer).toMatch(/^HTTP\/1\.1 413 Too Large\r\n/);
  client.send('x'.repeat(399_000));
  // The whole upload was read away, so the connection is good for another request.
  client.send('GET /again HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => proxy.seen.length === 2);
  expect(proxy.seen.map(({ status }) => status)).toEqual([413, 413]);
  client.socket.destroy();
});

test('an upload to a legacy that is not there is read away, and the connection is good for another request', async () => {
  await using proxy = await startTestProxy(new URL('http://127.0.0.1:1'));
  const client = await rawClient(proxy.port, 'POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n');
  await client.receives('FIG_UPSTREAM_CONNECT');
  client.send(`${'x'.repeat(1_000_000)}GET /again HTTP/1.1\r\nHost: a\r\n\r\n`);
  await until(() => proxy.seen.length === 2);
  expect(proxy.seen.map(({ status }) => status)).toEqual([502, 502]);
  client.socket.destroy();
});

test('legacy that is not there gives 502 with a code, as JSON or as a page', async () => {
  await using proxy = await startTestProxy(new URL('http://127.0.0.1:1'));
  const json = await fetch(proxy.url);
  expect(json.status).toBe(502);
  expect(await json.text()).toMatch(/^\{"error":\{"code":"FIG_UPSTREAM_CONNECT",.*"requestId":"[\w-]{14,}"\}\}\n$/);
  const page = await fetch(proxy.url, { headers: { accept: 'text/html,*/*' } });
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(await page.text()).toContain('FIG_UPSTREAM_CONNECT');
  expect(await (await fetch(proxy.url, { method: 'HEAD' })).text()).toBe('');
});

test.each([
  ['closes before it answers', (socket: Socket) => socket.destroy(), 502, 'FIG_UPSTREAM_RESPONSE_HEADERS'],
  [
    'answers what is no HTTP',
    (socket: Socket) => socket.write('hello there\r\n\r\n'),
    502,
    'FIG_UPSTREAM_RESPONSE_HEADERS',
  ],
  ['says nothing', () => undefined, 504, 'FIG_UPSTREAM_RESPONSE_HEADERS_TIMEOUT'],
])('legacy that %s gives an error with a code', async (_, act, status, code) => {
  await using upstream = await startRawUpstream((__, socket) => {
    act(socket);
  });
  await using proxy = await startTestProxy(upstream.url, { timeouts: { responseHeadersMs: 100 } });
  const answer = await fetch(proxy.url);
  expect(answer.status).toBe(status);
  expect(await answer.json()).toMatchObject({ error: { code } });
});

test('what is no HTTP gets 400 and a closed connection', async () => {
  await using upstream = await startUpstream((_, res) => res.end());
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(proxy.port, 'hello there\r\n\r\n');
  await client.ended;
  expect(client.text()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
});

test('what is no HTTP behind a request that is being answered does not get into its answer', async () => {
  let answer: ServerResponse | undefined;
  await using upstream = await startUpstream((_, res) => {
    answer = res;
    res.write('part');
  });
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(proxy.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.receives('part');
  client.socket.setNoDelay(true);
  for (let i = 0; i < 20; i += 1) client.send('hello there\r\n\r\n');
  expect(await exchangeRaw(proxy.port, 'hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  answer?.end('all');
  expect(await client.ended).toBe('end');
  expect(client.text()).toMatch(/part\r\n3\r\nall\r\n0\r\n\r\n$/);
  expect(client.text().match(/HTTP\/1\.1/g)).toHaveLength(1);
});

test('a client that leaves behind what is no HTTP takes the upstream request with it', async () => {
  await using upstream = await startUpstream(() => undefined);
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(proxy.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\nhello there\r\n\r\n');
  await until(() => upstream.sockets.size === 1);
  client.send('and more');
  client.socket.end();
  await until(() => upstream.sockets.size === 0 && proxy.seen.length === 1);
  expect(proxy.seen).toMatchObject([{ aborted: true }]);
});

test.each([
  ['no HTTP', 'hello there\r\n\r\n', ''],
  ['a request behind one that was to be the last', 'GET /b HTTP/1.1\r\nHost: a\r\n\r\n', 'Connection: close\r\n'],
  ['a head that does not end in time', 'GET /b HTTP/1.1\r\nHo', ''],
])('%s is not refused in the place of the answer before it', async (_, more, header) => {
  let answer: ServerResponse | undefined;
  const asked: string[] = [];
  await using upstream = await startUpstream((req, res) => {
    asked.push(req.url ?? '');
    answer = res;
  });
  await using proxy = await startTestProxy(upstream.url, { limits: limitsOf({ headersTimeoutMs: 200 }) });
  const client = await rawClient(proxy.port, `GET /a HTTP/1.1\r\nHost: a\r\n${header}\r\n${more}`);
  await until(() => answer !== undefined);
  // The time for a head is over for a later connection, so it is for this one.
  expect(await exchangeRaw(proxy.port, 'GET /c HTTP/1.1\r\nHo')).toMatch(/^HTTP\/1\.1 408 /);
  answer?.end('done');
  expect(await client.ended).toBe('end');
  expect(client.text()).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\nConnection: close\r\n\r\ndone$/);
  expect(asked).toEqual(['/a']);
});

test('events flow as they come, and the head of a stream does not wait for the first', async () => {
  let send: ((text: string) => void) | undefined;
  await using upstream = await startUpstream((_, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.flushHeaders();
    send = (text) => res.write(text);
  });
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(proxy.port, 'GET /events HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.receives('text/event-stream');
  for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
    send?.(event);
    expect(await client.receives(event)).toContain(event);
  }
  client.socket.destroy();
});

test('a body flows up as it comes', async () => {
  let received = '';
  await using upstream = await startUpstream((req, res) => {
    req.on('data', (chunk: Buffer) => {
      received += chunk.toString();
      res.write(chunk);
    });
    req.on('end', () => res.end());
  });
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(
    proxy.port,
    'POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n',
  );
  for (const part of ['one', 'two']) {
    client.send(`3\r\n${part}\r\n`);
    await client.receives(part);
  }
  client.send('0\r\n\r\n');
  expect(await client.ended).toBe('end');
  expect(received).toBe('onetwo');
});

const megabytes = 64;

test('a reader that stalls holds legacy back instead of filling the memory, and then gets every byte', async () => {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  let sent = 0;
  let isHeld = false;
  await using upstream = await startUpstream((_, res) => {
    const more = (): void => {
      while (sent < megabytes * 1024 * 1024) {
        sent += chunk.length;
        if (res.write(chunk)) continue;
        isHeld = true;
        res.once('drain', () => {
          isHeld = false;
          more();
        });
        return;
      }
      res.end();
    };
    more();
  });
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(proxy.port);
  client.socket.pause();
  client.send('GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await until(() => sent > 0);
  let before = -1;
  for (let quiet = 0; quiet < 20; quiet = isHeld && sent === before ? quiet + 1 : 0) {
    before = sent;
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
  expect(sent).toBeLessThan((megabytes * 1024 * 1024) / 2);
  let received = 0;
  client.socket.removeAllListeners('data');
  client.socket.on('data', (bytes: Buffer) => {
    received += bytes.length;
  });
  client.socket.resume();
  await client.ended;
  expect(received).toBeGreaterThanOrEqual(megabytes * 1024 * 1024);
});

test('a legacy that does not read holds the client back instead of filling the memory', async () => {
  // A server that accepts and never reads.
  const sockets = new Set<Socket>();
  const server = createNetServer({ pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await using proxy = await startTestProxy(new URL(`http://127.0.0.1:${port}`));
  const client = await rawClient(
    proxy.port,
    `POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: ${megabytes * 1024 * 1024}\r\n\r\n`,
  );
  const chunk = Buffer.alloc(64 * 1024, 'x');
  let written = 0;
  let quiet = 0;
  while (quiet < 20 && written < megabytes * 1024 * 1024) {
    if (client.socket.writableNeedDrain) {
      quiet += 1;
      await new Promise((resolve) => {
        setTimeout(resolve, 10);
      });
    } else {
      quiet = 0;
      written += chunk.length;
      client.socket.write(chunk);
    }
  }
  expect(written).toBeLessThan((megabytes * 1024 * 1024) / 2);
  client.socket.destroy();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

test('a large upload arrives whole', async () => {
  await using upstream = await startUpstream(async (req, res) => res.end(String((await bodyOf(req)).length)));
  await using proxy = await startTestProxy(upstream.url);
  const answer = await fetch(proxy.url, { method: 'POST', body: 'x'.repeat(3_000_000) });
  expect(await answer.text()).toBe('3000000');
});

test.each([
  ['request-body', 'POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello'],
  ['response-headers', 'GET /silent HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['response-body', 'GET /down HTTP/1.1\r\nHost: a\r\n\r\n'],
])('a client that leaves is told in the log, at debug level, with the phase: %s', async (phase, request) => {
  const told: object[] = [];
  const log = { ...silentLog, debug: (fields: object) => void told.push(fields) };
  let asked = 0;
  await using upstream = await startUpstream((req, res) => {
    asked += 1;
    if (req.url === '/down') res.write('first');
  });
  await using proxy = await startTestProxy(upstream.url, { log });
  const client = await rawClient(proxy.port, request);
  await until(() => asked === 1);
  if (phase === 'response-body') await client.receives('first');
  client.socket.destroy();
  await until(() => proxy.seen.length === 1);
  expect(told).toContainEqual(expect.objectContaining({ phase, side: 'client', cause: 'cancel' }));
});

test('a cut answer never ends properly for the client, however fast it reads', async () => {
  await using upstream = await startRawUpstream((received, socket) => {
    if (!received.endsWith('\r\n\r\n')) return;
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
  });
  await using proxy = await startTestProxy(upstream.url);
  for (let round = 0; round < 300; round += 1) {
    const client = await rawClient(proxy.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await client.ended, `in round ${round}`).toBe('reset');
  }
});
