import { describe, expect, it } from 'vitest';
import { silentLog, type Log } from '../../src/kernel/log.ts';
import { exchangeRaw, rawClient, startRawUpstream, startTestProxy, until } from './support/harness.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const errorIn = (answer: string): unknown => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));

/** Keeps the codes that were logged. */
function codesIn(codes: unknown[]): Log {
  return { ...silentLog, warn: (fields) => codes.push(fields['code']) };
}

describe('each time limit has an error of its own', () => {
  it('the time to connect', async () => {
    // It accepts, but never shakes hands: a connection with TLS is not made.
    await using upstream = await startRawUpstream(() => undefined);
    const legacy = new URL(upstream.url.href.replace('http:', 'https:'));
    await using proxy = await startTestProxy(legacy, { timeouts: { connectMs: 50 } });
    const answer = await exchangeRaw(proxy.port, get);
    expect(answer).toMatch(/^HTTP\/1\.1 504 /);
    const place = { phase: 'connect', side: 'upstream', cause: 'timeout' };
    expect(errorIn(answer)).toMatchObject({ error: { code: 'FIG_UPSTREAM_CONNECT_TIMEOUT', ...place } });
    await until(() => upstream.sockets.size === 0);
  });

  it('the time in which legacy takes in no more of a body', async () => {
    await using upstream = await startRawUpstream((_, socket) => socket.pause());
    await using proxy = await startTestProxy(upstream.url, { timeouts: { requestBodyIdleMs: 50 } });
    const client = await rawClient(proxy.port, 'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n');
    client.socket.on('error', () => undefined);
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    const more = (): void => {
      while (!client.socket.destroyed && client.socket.write(chunk));
    };
    client.socket.on('drain', more);
    more();
    const answer = await client.receives('FIG_UPSTREAM_REQUEST_BODY_TIMEOUT');
    expect(answer).toMatch(/^HTTP\/1\.1 504 [^]*"phase":"request-body","side":"upstream","cause":"timeout"/);
    await until(() => proxy.seen.length === 1);
    client.socket.destroy();
  });

  it('the time until the head of an answer', async () => {
    await using upstream = await startRawUpstream(() => undefined);
    await using proxy = await startTestProxy(upstream.url, { timeouts: { responseHeadersMs: 50 } });
    const answer = await exchangeRaw(proxy.port, get);
    expect(answer).toMatch(/^HTTP\/1\.1 504 /);
    const place = { phase: 'response-headers', side: 'upstream', cause: 'timeout' };
    expect(errorIn(answer)).toMatchObject({ error: { code: 'FIG_UPSTREAM_RESPONSE_HEADERS_TIMEOUT', ...place } });
  });

  it('the time between two parts of an answer, after which the client is reset', async () => {
    const codes: unknown[] = [];
    await using upstream = await startRawUpstream((_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe');
    });
    const timeouts = { responseBodyIdleMs: 50 };
    await using proxy = await startTestProxy(upstream.url, { timeouts, log: codesIn(codes) });
    const client = await rawClient(proxy.port, get);
    expect(await client.ended).toBe('reset');
    await until(() => codes.length > 0);
    expect(codes).toEqual(['FIG_UPSTREAM_RESPONSE_BODY_TIMEOUT']);
  });

  it('the time for all of it', async () => {
    const codes: unknown[] = [];
    await using upstream = await startRawUpstream((received, socket) => {
      if (received.includes('/trickle')) {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        const timer = setInterval(() => socket.write('1\r\nx\r\n'), 10);
        socket.once('close', () => clearInterval(timer));
      }
    });
    await using proxy = await startTestProxy(upstream.url, { timeouts: { totalMs: 500 }, log: codesIn(codes) });
    const silent = await exchangeRaw(proxy.port, get);
    expect(silent).toMatch(/^HTTP\/1\.1 504 /);
    const place = { phase: 'response-headers', side: 'upstream', cause: 'timeout' };
    expect(errorIn(silent)).toMatchObject({ error: { code: 'FIG_UPSTREAM_TOTAL_TIMEOUT', ...place } });
    const trickle = await rawClient(proxy.port, get.replace('/', '/trickle'));
    expect(await trickle.ended).toBe('reset');
    await until(() => codes.length === 2);
    expect(codes).toEqual(['FIG_UPSTREAM_TOTAL_TIMEOUT', 'FIG_UPSTREAM_TOTAL_TIMEOUT']);
    await until(() => upstream.sockets.size === 0);
  });

  it('an event stream may be silent and last', async () => {
    await using upstream = await startRawUpstream((received, socket) => {
      const isStream = received.includes('/stream');
      if (isStream) socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n');
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe');
    });
    await using proxy = await startTestProxy(upstream.url, { timeouts: { responseBodyIdleMs: 50, totalMs: 500 } });
    const stream = await rawClient(proxy.port, get.replace('/', '/stream'));
    await stream.receives('data: 1');
    // One that began later runs out of both times; the stream is still there.
    const other = await rawClient(proxy.port, get);
    expect(await other.ended).toBe('reset');
    for (const socket of upstream.sockets) socket.end('data: 2\n\n');
    await stream.receives('data: 2');
    stream.socket.destroy();
  });
});

it('an error carries the id under which legacy and the log know the request', async () => {
  const logged: unknown[] = [];
  await using upstream = await startRawUpstream((_, socket) => socket.destroy());
  const log: Log = { ...silentLog, warn: (fields) => logged.push(fields['request']) };
  await using proxy = await startTestProxy(upstream.url, { log });
  const answer = await exchangeRaw(proxy.port, get);
  const id = /\r\nX-Fig-Request-Id: ([\w-]{14,})\r\n/.exec(answer)?.[1];
  expect(id).toBeDefined();
  expect(errorIn(answer)).toMatchObject({
    error: { phase: 'response-headers', side: 'upstream', cause: 'cut', requestId: id },
  });
  expect(upstream.received()).toContain(`X-Request-Id: ${id}\r\n`);
  expect(logged).toEqual([id]);
  await exchangeRaw(proxy.port, get.replace('Host: a', 'Host: a\r\nX-Request-ID: theirs'));
  expect(upstream.received().match(/x-request-id: .*/gi)).toContain('X-Request-ID: theirs');
});
