import { request } from 'node:http';
import { expect, test } from 'vitest';
import { bodyOf, exchangeRaw, rawClient, startRawUpstream, startTestProxy, startUpstream } from './support/harness.ts';

const inner = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';

test.each(['DELETE', 'OPTIONS', 'GET', 'POST'])(
  'a chunked %s stays one request on the way to legacy',
  async (method) => {
    const asked: string[] = [];
    await using upstream = await startUpstream(async (req, res) => {
      asked.push(`${req.method} ${req.url} ${await bodyOf(req)}`);
      res.end('done');
    });
    await using proxy = await startTestProxy(upstream.url);
    const chunk = `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`;
    const client = await rawClient(
      proxy.port,
      `${method} /outer HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}` +
        'GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );
    await client.ended;
    expect(asked.toSorted()).toEqual([`${method} /outer ${inner}`, 'GET /next '].toSorted());
    expect(client.text().match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  },
);

test('a GET with a Content-Length body stays one request on the way to legacy', async () => {
  const asked: string[] = [];
  await using upstream = await startUpstream(async (req, res) => {
    asked.push(`${req.url} ${await bodyOf(req)}`);
    res.end();
  });
  await using proxy = await startTestProxy(upstream.url);
  const body = `Content-Length: ${inner.length}\r\n\r\n${inner}`;
  await exchangeRaw(proxy.port, `GET /outer HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${body}`);
  expect(asked).toEqual([`/outer ${inner}`]);
});

test.each([
  [
    'Content-Length beside Transfer-Encoding',
    'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    '400',
  ],
  ['two lengths', 'Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde', '400'],
  ['a coding that is not understood', 'Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n', '501'],
  ['one length twice', 'Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde', '400'],
  ['a list of lengths', 'Content-Length: 5, 5\r\n\r\nabcde', '400'],
  ['a length with a sign', 'Content-Length: +5\r\n\r\nabcde', '400'],
  ['a length in hex', 'Content-Length: 0x5\r\n\r\nabcde', '400'],
  ['chunks twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', '400'],
  ['a coding hidden by a control character', 'Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n', '400'],
  ['a coding that only ends like chunked', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n', '501'],
  ['a bare LF', 'X: 1\nY: 2\r\n\r\n', '400'],
  ['a bare CR', 'X: 1\rY: 2\r\n\r\n', '400'],
  ['a NUL', 'X: a\0b\r\n\r\n', '400'],
  ['a control character', 'X: a\x01b\r\n\r\n', '400'],
  ['a header without a colon', 'nonsense\r\n\r\n', '400'],
  ['a head that is too large', `X: ${'x'.repeat(100_000)}\r\n\r\n`, '431'],
  ['a space before the colon', 'X : 1\r\n\r\n', '400'],
  ['a folded header', 'X: 1\r\n 2\r\n\r\n', '400'],
])('%s is refused and legacy is not asked', async (_, rest, status) => {
  await using upstream = await startUpstream((__, res) => res.end('asked'));
  await using proxy = await startTestProxy(upstream.url);
  const answer = await exchangeRaw(proxy.port, `POST / HTTP/1.1\r\nHost: a\r\n${rest}`);
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(upstream.connections).toBe(0);
});

test('HTTP/1.1 without Host is refused and legacy is not asked', async () => {
  await using upstream = await startUpstream((_, res) => res.end('asked'));
  await using proxy = await startTestProxy(upstream.url);
  expect(await exchangeRaw(proxy.port, 'GET / HTTP/1.1\r\nX: 1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  expect(upstream.connections).toBe(0);
});

test.each([
  ['two names in a Host', 'GET / HTTP/1.1\r\nHost: a,b\r\n\r\n'],
  ['a space in a Host', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n'],
  ['a path in a Host', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n'],
  ['a backslash in a Host', 'GET / HTTP/1.1\r\nHost: a\\b\r\n\r\n'],
  ['a user in a Host', 'GET / HTTP/1.1\r\nHost: a@b\r\n\r\n'],
  ['a target of another host', 'GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a target with a user', 'GET http://b@a/ HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a target of another port', 'GET http://a:443/ HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a chunked request of HTTP/1.0', 'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
])('%s is refused and legacy is not asked', async (_, head) => {
  await using upstream = await startUpstream((__, res) => res.end('asked'));
  await using proxy = await startTestProxy(upstream.url);
  expect(await exchangeRaw(proxy.port, head)).toMatch(/^HTTP\/1\.1 400 /);
  expect(upstream.connections).toBe(0);
});

test.each([
  ['/', ''],
  ['/', 'a:80'],
  ['/', '[::1]:80'],
  ['http://a/', 'A:80'],
  ['HTTPS://a:443/', 'a'],
])('%s of %j is forwarded as it is', async (target, host) => {
  await using upstream = await startUpstream((req, res) => res.end(`${req.url} of ${req.headers.host}`));
  await using proxy = await startTestProxy(upstream.url);
  const answer = await exchangeRaw(proxy.port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  expect(answer).toContain(`${target} of ${host}`);
});

test.each([
  ['in the size', 'zz'],
  ['before the size', '0x5'],
  ['of a sign', '-5'],
  ['beyond what can be counted', '1ffffffffffffffff'],
  ['in an extension that never ends', `5;${'x'.repeat(20_000)}`],
  ['of a line feed alone', '5\nhello'],
])('junk %s of a chunk ends the connection, and legacy gets no complete request', async (_, size) => {
  let isComplete = false;
  await using upstream = await startUpstream((req) => {
    req.on('end', () => {
      isComplete = true;
    });
    req.on('error', () => undefined);
    req.resume();
  });
  await using proxy = await startTestProxy(upstream.url);
  const answer = await exchangeRaw(
    proxy.port,
    `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${size}\r\nhello\r\n0\r\n\r\n${inner}`,
  );
  expect(answer).not.toContain('200 OK');
  await expect.poll(() => upstream.sockets.size).toBe(0);
  expect(isComplete).toBe(false);
});

test('an expectation that is not 100-continue is for legacy to meet or to refuse', async () => {
  await using upstream = await startRawUpstream((received, socket) => {
    if (received.endsWith('\r\n\r\n')) socket.write('HTTP/1.1 417 Not That\r\nContent-Length: 0\r\n\r\n');
  });
  await using proxy = await startTestProxy(upstream.url);
  const question = 'GET / HTTP/1.1\r\nHost: a\r\nExpect: miracle\r\nConnection: close\r\n\r\n';
  expect(await exchangeRaw(proxy.port, question)).toMatch(/^HTTP\/1\.1 417 Not That\r\n/);
  expect(upstream.received()).toContain('Expect: miracle\r\n');
});

test('an upload whose chunks are garbled never becomes a complete request at legacy', async () => {
  let isComplete = false;
  let isCut = false;
  await using upstream = await startUpstream((req) => {
    req.on('end', () => {
      isComplete = true;
    });
    req.on('error', () => {
      isCut = true;
    });
    req.resume();
  });
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(
    proxy.port,
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n',
  );
  await client.ended;
  await expect.poll(() => isCut || upstream.sockets.size === 0).toBe(true);
  expect(isComplete).toBe(false);
});

test('Expect: 100-continue waits for the word of legacy, which gets to see it', async () => {
  let isAsked = false;
  await using upstream = await startUpstream(() => undefined);
  upstream.server.on('checkContinue', async (req, res) => {
    isAsked = true;
    res.writeContinue();
    res.end(`${await bodyOf(req)} ${String(req.headers.expect)}`);
  });
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(
    proxy.port,
    'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n',
  );
  await client.receives('HTTP/1.1 100 Continue\r\n\r\n');
  expect(isAsked).toBe(true);
  client.send('hello');
  await client.ended;
  expect(client.text()).toContain('HTTP/1.1 200 OK');
  expect(client.text()).toContain('hello 100-continue');
});

test('a refusal of an Expect is relayed before the body is asked for, and the connection ends', async () => {
  await using upstream = await startRawUpstream((received, socket) => {
    if (received.endsWith('\r\n\r\n')) socket.write('HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno');
  });
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(
    proxy.port,
    'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
  );
  await client.ended;
  expect(client.text()).toMatch(/^HTTP\/1\.1 401 No\r\n/);
  expect(client.text()).toMatch(/Connection: close\r\n(?:[^]*\r\n)?\r\nno$/);
});

test('103 Early Hints and other interim answers are passed on as they are', async () => {
  await using upstream = await startRawUpstream((received, socket) => {
    if (!received.endsWith('\r\n\r\n')) return;
    socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nlink: </b.css>\r\nConnection: X\r\nX: y\r\n\r\n');
    socket.write('HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  await using proxy = await startTestProxy(upstream.url);
  const answer = await exchangeRaw(proxy.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  expect(answer).toMatch(
    /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>\r\nlink: <\/b\.css>\r\n\r\nHTTP\/1\.1 102 Processing\r\n\r\nHTTP\/1\.1 200 OK\r\n/,
  );
  expect(await exchangeRaw(proxy.port, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 OK/);
});

test('trailers are passed on with their announcement, in both directions', async () => {
  await using upstream = await startRawUpstream((received, socket) => {
    if (!received.endsWith('0\r\nX-Up: 1\r\n\r\n')) return;
    socket.write('HTTP/1.1 200 OK\r\nTrailer: X-Sum, Content-Length\r\nTransfer-Encoding: chunked\r\n\r\n');
    socket.write('2\r\nok\r\n0\r\nX-Sum: 42\r\nContent-Length: 7\r\nX-Sum: 43\r\n\r\n');
  });
  await using proxy = await startTestProxy(upstream.url);
  const answer = await exchangeRaw(
    proxy.port,
    'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Up: 1\r\n\r\n',
  );
  expect(answer).toContain('Trailer: X-Sum, Content-Length\r\n');
  expect(answer).toMatch(/2\r\nok\r\n0\r\nX-Sum: 42\r\nX-Sum: 43\r\n\r\n$/);
});

test('what is taken out of the head of a request does not come back as its trailers', async () => {
  await using upstream = await startRawUpstream((received, socket) => {
    if (received.endsWith('X-Last: 1\r\n\r\n')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  });
  await using proxy = await startTestProxy(upstream.url);
  const names = [
    'X-Forwarded-For',
    'Forwarded',
    'X-Real-IP',
    'X_Fig_A',
    'Proxy-Authorization',
    'HTTP2-Settings',
    'Expect',
  ];
  const trailers = [...names, 'X-First', ...names, 'X-Last'].map((name) => `${name}: 1\r\n`).join('');
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n';
  await exchangeRaw(proxy.port, `${head}2\r\nhi\r\n0\r\n${trailers}\r\n`);
  expect(upstream.received()).toMatch(/2\r\nhi\r\n0\r\nX-First: 1\r\nX-Last: 1\r\n\r\n$/);
});

test('a HEAD keeps its Content-Length and has no body', async () => {
  await using upstream = await startUpstream((_, res) => res.writeHead(200, { 'content-length': '1234' }).end());
  await using proxy = await startTestProxy(upstream.url);
  const answer = await exchangeRaw(proxy.port, 'HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\ncontent-length: 1234\r\n/);
  expect(answer.endsWith('\r\n\r\n')).toBe(true);
});

test.each([
  ['304 with a Content-Length', 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 99\r\n'],
  ['304 without one', 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n'],
  ['204', 'HTTP/1.1 204 No Content\r\nX-A: 1\r\n'],
])('a %s arrives as it was sent, and the next request is answered too', async (_, head) => {
  await using upstream = await startRawUpstream((received, socket) => {
    if (!received.endsWith('\r\n\r\n')) return;
    socket.write(received.includes('/next') ? 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext' : `${head}\r\n`);
  });
  await using proxy = await startTestProxy(upstream.url);
  const answer = await exchangeRaw(
    proxy.port,
    'GET /x HTTP/1.1\r\nHost: a\r\nIf-None-Match: "a"\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  );
  expect(answer.startsWith(head)).toBe(true);
  const rest = answer.slice(answer.indexOf('\r\n\r\n') + 4);
  expect(rest).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(rest.endsWith('next')).toBe(true);
});

test('an answer without a length is passed on to its end', async () => {
  await using upstream = await startRawUpstream((_, socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end'));
  await using proxy = await startTestProxy(upstream.url);
  expect(await (await fetch(proxy.url)).text()).toBe('until the end');
});

test('legacy is asked once, whatever it answers', async () => {
  let asked = 0;
  await using upstream = await startUpstream((_, res) => {
    asked += 1;
    res.writeHead(503, { 'retry-after': '0' }).end('busy');
  });
  await using proxy = await startTestProxy(upstream.url);
  expect((await fetch(proxy.url)).status).toBe(503);
  expect(asked).toBe(1);
});

test('connections to legacy are kept and used again', async () => {
  await using upstream = await startUpstream((_, res) => res.end('ok'));
  await using proxy = await startTestProxy(upstream.url);
  for (let i = 0; i < 10; i += 1) await (await fetch(proxy.url)).text();
  expect(upstream.connections).toBe(1);
});

test.each(['PUT', 'PATCH', 'DELETE', 'PROPFIND', 'SEARCH', 'REPORT'])(
  '%s is forwarded with its body',
  async (method) => {
    await using upstream = await startUpstream(async (req, res) => res.end(`${req.method} ${await bodyOf(req)}`));
    await using proxy = await startTestProxy(upstream.url);
    const answer = await new Promise<string>((resolve, reject) => {
      const options = { method, agent: false, headers: { 'content-length': 9 } } as const;
      const outgoing = request(`${proxy.url}/x`, options, (res) => {
        bodyOf(res).then(resolve, reject);
      });
      outgoing.on('error', reject);
      outgoing.end('some body');
    });
    expect(answer).toBe(`${method} some body`);
  },
);

test('what is no HTTP is told so in JSON, like every other refusal, and the connection is closed', async () => {
  await using upstream = await startUpstream((_, res) => res.end());
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(proxy.port, 'nonsense\r\n\r\n');
  expect(await client.ended).toBe('end');
  const [head, body] = client.text().split('\r\n\r\n') as [string, string];
  expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  expect(head).toContain('Connection: close');
  expect(JSON.parse(body)).toMatchObject({ error: { code: 'FIG_REQUEST_REFUSED' } });
  expect(upstream.connections).toBe(0);
});
