import { copyFile, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { limitsOf } from '../../src/config/limits.ts';
import type { Log } from '../../src/kernel/log.ts';
import {
  exchangeRaw,
  ordersFeature,
  rawClient,
  routingOf,
  startTestProxy,
  startUpstream,
  until,
} from './support/harness.ts';
import { ScriptedSource } from './support/scripted-positions.ts';
import {
  ca,
  exchangeSecure,
  fixture,
  pem,
  secureSocket,
  serverFiles,
  shownSerial,
  startSecureUpstream,
} from './support/tls.ts';

const get = (more = ''): string => `GET /x HTTP/1.1\r\nHost: pub.example\r\n${more}Connection: close\r\n\r\n`;

interface Line {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

function linesOf(): { readonly lines: Line[]; readonly log: Log } {
  const lines: Line[] = [];
  const at = (level: string) => (fields: Line['fields'], message: string) =>
    void lines.push({ level, fields, message });
  return { lines, log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } };
}

/** A folder with a certificate that a test may replace. */
async function certificateFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'fig-tls-'));
  const cert = join(folder, 'tls.crt');
  const key = join(folder, 'tls.key');
  await copyFile(fixture('server.cert'), cert);
  await copyFile(fixture('server.key'), key);
  return {
    folder,
    cert,
    key,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

test('with a certificate the proxy speaks https, says so to legacy, and marks its cookie Secure', async () => {
  const routing = routingOf('live');
  await using upstream = await startUpstream((req, res) => res.end(JSON.stringify(req.headers)));
  await using proxy = await startTestProxy(upstream.url, {
    tls: serverFiles,
    features: [ordersFeature],
    routing: () => routing,
    source: new ScriptedSource(),
  });
  expect(proxy.url).toBe(`https://127.0.0.1:${proxy.port}`);
  const answer = await exchangeSecure(
    proxy.port,
    get().replace('GET', 'POST').replace('\r\n', '\r\nContent-Length: 0\r\n'),
  );
  expect(answer).toContain('"x-forwarded-proto":"https"');
  expect(answer).toContain('"forwarded":"for=127.0.0.1;host=pub.example;proto=https"');
  expect(answer).toMatch(/Set-Cookie: fig_fence=.*; Secure\r\n/);
});

test('certificate and key may be PEM text instead of files', async () => {
  await using upstream = await startUpstream((_, res) => res.end('ok'));
  const tls = { cert: pem('server.cert'), key: pem('server.key') };
  await using proxy = await startTestProxy(upstream.url, { tls });
  expect(await exchangeSecure(proxy.port, get())).toMatch(/ok$/);
});

test('an older TLS than the configured one is refused, and plain http gets no answer', async () => {
  await using upstream = await startUpstream((_, res) => res.end('ok'));
  await using proxy = await startTestProxy(upstream.url, { tls: { ...serverFiles, minVersion: 'TLSv1.3' } });
  await expect(secureSocket(proxy.port, { maxVersion: 'TLSv1.2' })).rejects.toThrow();
  expect(await exchangeSecure(proxy.port, get())).toMatch(/ok$/);
  expect(await exchangeRaw(proxy.port, get())).not.toContain('200 OK');
  expect(upstream.connections).toBe(1);
});

test('with a CA for clients only those with its certificate get in', async () => {
  await using upstream = await startUpstream((_, res) => res.end('ok'));
  await using proxy = await startTestProxy(upstream.url, { tls: { ...serverFiles, ca: fixture('ca.cert') } });
  await expect(exchangeSecure(proxy.port, get())).rejects.toThrow();
  const own = { cert: pem('client.cert'), key: pem('client.key') };
  expect(await exchangeSecure(proxy.port, get(), own)).toMatch(/ok$/);
  expect(upstream.connections).toBe(1);
});

test.each([
  ['a missing file', { cert: 'no/such/file.pem', key: fixture('server.key') }, /no\/such\/file\.pem cannot be read/],
  [
    'the key of another',
    { cert: fixture('server.cert'), key: fixture('client.key') },
    /not the one of the certificate/,
  ],
  ['a file without certificate', { ...serverFiles, ca: fixture('server.key') }, /no certificate in ca/],
])('the proxy does not start with %s', async (_, tls, message) => {
  await using upstream = await startUpstream((_req, res) => res.end());
  const starting = startTestProxy(upstream.url, { tls });
  await expect(starting).rejects.toThrow(message);
  await expect(starting).rejects.toMatchObject({ code: 'FIG_CERTIFICATE_INVALID' });
});

test('an https legacy is verified by default: without its CA it is not asked, with it it is', async () => {
  let asked = 0;
  await using upstream = await startSecureUpstream((_, res) => {
    asked += 1;
    res.end('ok');
  });
  await using strict = await startTestProxy(upstream.url);
  const refused = await exchangeRaw(strict.port, get());
  expect(refused).toMatch(/^HTTP\/1\.1 502 /);
  expect(refused).toContain('FIG_UPSTREAM_CONNECT');
  expect(asked).toBe(0);
  await using trusting = await startTestProxy(upstream.url, { legacyTls: { ca: fixture('ca.cert') } });
  expect(await exchangeRaw(trusting.port, get())).toMatch(/ok$/);
});

test('a legacy whose certificate is for another name is refused, unless that name is configured', async () => {
  const other = { cert: pem('legacy.cert'), key: pem('legacy.key') };
  await using upstream = await startSecureUpstream((_, res) => res.end('ok'), other);
  await using wrong = await startTestProxy(upstream.url, { legacyTls: { ca } });
  expect(await exchangeRaw(wrong.port, get())).toMatch(/^HTTP\/1\.1 502 /);
  await using right = await startTestProxy(upstream.url, { legacyTls: { ca, servername: 'legacy.internal' } });
  expect(await exchangeRaw(right.port, get())).toMatch(/ok$/);
});

test('legacy is asked by its own name (SNI), whatever Host visitors send, over one connection', async () => {
  const names: unknown[] = [];
  await using upstream = await startSecureUpstream((req, res) => {
    names.push(req.socket && 'servername' in req.socket ? req.socket.servername : undefined);
    res.end(req.headers.host);
  });
  await using proxy = await startTestProxy(upstream.url, { legacyTls: { ca } });
  for (const host of ['a.example', 'b.example', 'localhost', '127.0.0.1']) {
    const answer = await exchangeRaw(proxy.port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(answer.endsWith(host)).toBe(true);
  }
  expect(names).toEqual(['localhost', 'localhost', 'localhost', 'localhost']);
  expect(upstream.connections).toBe(1);
});

test('a legacy at an address is verified by that address and asked for no name', async () => {
  const names: unknown[] = [];
  await using upstream = await startSecureUpstream((req, res) => {
    names.push((req.socket as TLSSocket & { servername?: unknown }).servername);
    res.end('ok');
  });
  const url = new URL(`https://127.0.0.1:${upstream.port}`);
  await using proxy = await startTestProxy(url, { legacyTls: { ca } });
  expect(await exchangeRaw(proxy.port, get())).toMatch(/ok$/);
  expect(names).toEqual([false]);
});

test('legacy may ask who the proxy is', async () => {
  await using upstream = await startSecureUpstream((_, res) => res.end('ok'), { requestCert: true, ca });
  await using nobody = await startTestProxy(upstream.url, { legacyTls: { ca } });
  expect(await exchangeRaw(nobody.port, get())).toMatch(/^HTTP\/1\.1 502 /);
  const legacyTls = { ca, cert: fixture('client.cert'), key: fixture('client.key') };
  await using known = await startTestProxy(upstream.url, { legacyTls });
  expect(await exchangeRaw(known.port, get())).toMatch(/ok$/);
});

test('not to verify legacy is possible and is warned of loudly', async () => {
  const { lines, log } = linesOf();
  await using upstream = await startSecureUpstream((_, res) => res.end('ok'));
  await using proxy = await startTestProxy(upstream.url, { legacyTls: { rejectUnauthorized: false }, log });
  expect(await exchangeRaw(proxy.port, get())).toMatch(/ok$/);
  expect(lines).toMatchObject([{ level: 'warn', message: expect.stringContaining('NOT VERIFIED') }]);
});

test('a WebSocket works over TLS, to a legacy behind TLS', async () => {
  await using upstream = await startSecureUpstream((_, res) => res.end());
  const sockets = new WebSocketServer({ server: upstream.server });
  let forwarded: unknown;
  sockets.on('connection', (socket, req) => {
    forwarded = req.headers['x-forwarded-proto'];
    socket.on('message', (data: Buffer) => socket.send(`echo ${data.toString()}`));
  });
  await using proxy = await startTestProxy(upstream.url, { tls: serverFiles, legacyTls: { ca } });
  const client = new WebSocket(`wss://localhost:${proxy.port}/live`, { ca, headers: { host: 'pub.example' } });
  const messages: string[] = [];
  client.on('message', (data: Buffer) => messages.push(data.toString()));
  client.on('open', () => client.send('hello'));
  await until(() => messages.length === 1);
  expect(messages).toEqual(['echo hello']);
  expect(forwarded).toBe('https');
  client.close();
  await until(() => client.readyState === WebSocket.CLOSED);
  sockets.close();
});

test('a WebSocket to a legacy that cannot be verified gets 502', async () => {
  await using upstream = await startSecureUpstream((_, res) => res.end());
  await using proxy = await startTestProxy(upstream.url);
  const answer = await exchangeRaw(
    proxy.port,
    'GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  expect(answer).toMatch(/^HTTP\/1\.1 502 /);
});

test('a renewed certificate is shown to new connections, and open ones stay', async () => {
  await using files = await certificateFolder();
  await using upstream = await startUpstream((_, res) => res.end('ok'));
  const { lines, log } = linesOf();
  await using proxy = await startTestProxy(upstream.url, { tls: files, certificatePollMs: 20, log });
  const before = await shownSerial(proxy.port);
  const open = await secureSocket(proxy.port);
  await copyFile(fixture('renewed.key'), files.key);
  await copyFile(fixture('renewed.cert'), files.cert);
  await until(() => lines.some(({ message }) => message === 'the certificate was renewed'));
  expect(await shownSerial(proxy.port)).not.toBe(before);
  let text = '';
  open.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  open.write(get());
  await until(() => text.endsWith('ok'));
});

test('a renewal by swapping a link beside the files, as Kubernetes does it, is seen', async () => {
  await using files = await certificateFolder();
  await using upstream = await startUpstream((_, res) => res.end('ok'));
  const { lines, log } = linesOf();
  const cert = join(files.folder, 'now.crt');
  const key = join(files.folder, 'now.key');
  await symlink(files.cert, cert);
  await symlink(files.key, key);
  await using proxy = await startTestProxy(upstream.url, { tls: { cert, key }, log });
  for (const [name, link] of [
    ['renewed.key', key],
    ['renewed.cert', cert],
  ] as const) {
    await symlink(fixture(name), `${link}.new`);
    await rename(`${link}.new`, link);
  }
  await until(() => lines.some(({ message }) => message === 'the certificate was renewed'));
  expect(proxy.port).toBeGreaterThan(0);
});

test('a new certificate that cannot be used is told once, and the one before stays', async () => {
  await using files = await certificateFolder();
  await using upstream = await startUpstream((_, res) => res.end('ok'));
  const { lines, log } = linesOf();
  await using proxy = await startTestProxy(upstream.url, { tls: files, log });
  const before = await shownSerial(proxy.port);
  await writeFile(files.cert, 'no certificate');
  // As on SIGHUP.
  proxy.proxy.reloadCertificates();
  proxy.proxy.reloadCertificates();
  expect(lines.filter(({ level }) => level === 'error')).toMatchObject([
    { fields: { code: 'FIG_CERTIFICATE_INVALID' } },
  ]);
  expect(JSON.stringify(lines)).not.toContain('PRIVATE');
  expect(await shownSerial(proxy.port)).toBe(before);
  await copyFile(fixture('renewed.key'), files.key);
  await copyFile(fixture('renewed.cert'), files.cert);
  proxy.proxy.reloadCertificates();
  expect(await shownSerial(proxy.port)).not.toBe(before);
});

test('while a renewal is on disk in part, new connections get the certificate before, and HTTP/2 goes on through all of it', async () => {
  await using files = await certificateFolder();
  await using upstream = await startUpstream((_, res) => res.end('ok'));
  await using proxy = await startTestProxy(upstream.url, { tls: files });
  const session = connect(`https://localhost:${proxy.port}`, { ca });
  const overHttp2 = async (): Promise<string> => {
    const stream = session.request({ ':path': '/x' }).setEncoding('utf8');
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return text;
  };
  expect(await overHttp2()).toBe('ok');
  const before = await shownSerial(proxy.port);
  const [cert, key] = [pem('renewed.cert'), pem('renewed.key')];
  const states: [string, string][] = [
    ['', pem('server.key')],
    [cert.slice(0, cert.length / 2), pem('server.key')],
    [`${cert}${pem('ca.cert').slice(0, 200)}`, key],
    [cert, pem('server.key')],
    [pem('server.cert'), key],
    [cert, ''],
    [cert, key.slice(0, key.length / 2)],
    [cert, pem('client.key')],
  ];
  for (const [half, other] of states) {
    await writeFile(files.cert, half);
    await writeFile(files.key, other);
    proxy.proxy.reloadCertificates();
    expect(await shownSerial(proxy.port)).toBe(before);
    expect(await overHttp2()).toBe('ok');
  }
  await rm(files.cert);
  proxy.proxy.reloadCertificates();
  expect(await shownSerial(proxy.port)).toBe(before);
  await writeFile(files.cert, cert);
  await writeFile(files.key, key);
  proxy.proxy.reloadCertificates();
  expect(await shownSerial(proxy.port)).not.toBe(before);
  expect(await overHttp2()).toBe('ok');
  session.destroy();
});

test("legacy's CA is renewed as well", async () => {
  await using files = await certificateFolder();
  await copyFile(fixture('server.cert'), files.cert);
  await using upstream = await startSecureUpstream((_, res) => res.end('ok'));
  // At first a certificate is trusted that did not sign anything.
  await using proxy = await startTestProxy(upstream.url, {
    legacyTls: { ca: await copied('legacy.cert', join(files.folder, 'ca.pem')) },
  });
  expect(await exchangeRaw(proxy.port, get())).toMatch(/^HTTP\/1\.1 502 /);
  await copied('ca.cert', join(files.folder, 'ca.pem'));
  proxy.proxy.reloadCertificates();
  expect(await exchangeRaw(proxy.port, get())).toMatch(/ok$/);
  // A list that is there in part is none: whoever is missing would be refused.
  await writeFile(join(files.folder, 'ca.pem'), pem('legacy.cert') + ca.slice(0, 200));
  proxy.proxy.reloadCertificates();
  for (const socket of upstream.sockets) socket.destroy();
  await until(() => upstream.sockets.size === 0);
  expect(await exchangeRaw(proxy.port, get())).toMatch(/ok$/);
});

async function copied(name: string, to: string): Promise<string> {
  await copyFile(fixture(name), to);
  return to;
}

test('handshakes that never end do not get round the limit on connections', async () => {
  await using upstream = await startUpstream((_, res) => res.end('ok'));
  await using proxy = await startTestProxy(upstream.url, { tls: serverFiles, limits: limitsOf({ connections: 2 }) });
  const silent = await Promise.all(Array.from({ length: 40 }, () => rawClient(proxy.port)));
  // Sixteen more than the limit may be told so, once they can be told anything.
  await until(() => silent.filter((client) => client.closed()).length === 22);
  expect(proxy.proxy.load().refused.connections).toBe(22);
  for (const { socket } of silent) socket.destroy();
  await expect.poll(() => exchangeSecure(proxy.port, get()).catch(() => '')).toContain('200 OK');
});

test('a stop does not wait for handshakes that never end', async () => {
  await using upstream = await startUpstream((_, res) => res.end('ok'));
  await using proxy = await startTestProxy(upstream.url, { tls: serverFiles, stopGraceMs: 60_000 });
  const silent = await rawClient(proxy.port);
  const half = await rawClient(proxy.port, '\x16\x03\x01');
  // The proxy has taken those up when it has answered a later one.
  await exchangeSecure(proxy.port, get());
  const isOver = proxy.proxy.stop().then(() => true);
  await silent.ended;
  await half.ended;
  // A handshake may take 10 s, longer than this test.
  expect(await isOver).toBe(true);
}, 8_000);
