import type { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { connectUpstream } from '../../../proxy/upstream/connect-upstream.ts';
import type { ResponseHead } from '../../../proxy/upstream/response-head.ts';
import type {
  UpstreamExchange,
  UpstreamFault,
  UpstreamHandler,
  UpstreamRequest,
} from '../../../proxy/upstream/upstream-exchange.ts';
import { UpstreamPool, type UpstreamPoolOptions } from '../../../proxy/upstream/upstream-pool.ts';
import { startRawUpstream, until } from '../support/harness.ts';

const pools: UpstreamPool[] = [];
afterEach(() => {
  for (const pool of pools.splice(0)) pool.destroy();
});

function poolFor(url: URL, options: Partial<UpstreamPoolOptions> = {}): UpstreamPool {
  const pool = new UpstreamPool({
    connect: () => connectUpstream(url),
    connectTimeoutMs: 5_000,
    headersTimeoutMs: 5_000,
    bodyIdleMs: 0,
    sendIdleMs: 0,
    totalMs: 0,
    maxConnections: 10,
    maxWaiting: 10,
    ...options,
  });
  pools.push(pool);
  return pool;
}

class Caller implements UpstreamHandler {
  head: ResponseHead | undefined;
  readonly interims: number[] = [];
  body = '';
  fault: UpstreamFault | undefined;
  drains = 0;
  isEnded = false;
  readonly exchange: UpstreamExchange;

  constructor(pool: UpstreamPool, request: Partial<UpstreamRequest> = {}) {
    this.exchange = pool.send({ method: 'GET', target: '/', headers: ['Host', 'h'], body: 'none', ...request }, this);
  }

  get isOver(): boolean {
    return this.isEnded || this.fault !== undefined;
  }

  onInterim(head: ResponseHead): void {
    this.interims.push(head.status);
  }
  onHead(head: ResponseHead): void {
    this.head = head;
  }
  onBody(chunk: Buffer): void {
    this.body += chunk.toString('latin1');
  }
  onRead(): boolean {
    return false;
  }
  onEnd(): void {
    expect(this.isOver).toBe(false);
    this.isEnded = true;
  }
  onQuiet(): void {
    expect(this.isOver).toBe(false);
  }
  onDrain(): void {
    this.drains += 1;
  }
  onFailure(fault: UpstreamFault): void {
    expect(this.isOver).toBe(false);
    this.fault = fault;
  }
}

const answer = (body: string, more = ''): string =>
  `HTTP/1.1 200 OK\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;
const requestsIn = (received: string): number => received.split('\r\n\r\n').length - 1;

describe('a pool of upstream connections', () => {
  it('carries one exchange after the other on one connection, also after a 304 with a length', async () => {
    await using upstream = await startRawUpstream((received, socket) => {
      const isSecond = requestsIn(received) === 2;
      socket.write(isSecond ? 'HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n' : answer('one'));
    });
    const pool = poolFor(upstream.url);
    for (const body of ['one', '', 'one']) {
      const caller = new Caller(pool);
      await until(() => caller.isOver);
      expect(caller).toMatchObject({ body, isEnded: true });
    }
    expect(upstream.connections).toBe(1);
  });

  it('sends a safe request again when its kept connection turns out to be closed', async () => {
    const sockets = new Set<Socket>();
    await using upstream = await startRawUpstream((received, socket) => {
      sockets.add(socket);
      // As a server whose keep-alive time has just run out.
      if (sockets.size === 1 && requestsIn(received) === 2) socket.destroy();
      else socket.write(answer('ok'));
    });
    const pool = poolFor(upstream.url);
    for (let n = 0; n < 2; n += 1) {
      const caller = new Caller(pool);
      await until(() => caller.isOver);
      expect(caller).toMatchObject({ body: 'ok', isEnded: true });
    }
    expect(upstream.connections).toBe(2);
  });

  it.each([
    ['POST', 'none', 'response-headers'],
    ['PUT', 'length', 'request-body'],
  ] as const)('never sends a %s with body %s again', async (method, body, stage) => {
    await using upstream = await startRawUpstream((received, socket) => {
      if (requestsIn(received) === 2) socket.resetAndDestroy();
      else socket.write(answer('ok'));
    });
    const pool = poolFor(upstream.url);
    const first = new Caller(pool);
    await until(() => first.isOver);
    const headers = body === 'length' ? ['Host', 'h', 'Content-Length', '4'] : ['Host', 'h'];
    const second = new Caller(pool, { method, body, headers });
    await until(() => second.isOver);
    expect(second.fault).toMatchObject({ stage, kind: 'cut' });
    expect(upstream.connections).toBe(1);
  });

  it('does not try again what a fresh connection did not answer, nor what was answered in part', async () => {
    await using upstream = await startRawUpstream((received, socket) => {
      if (received.includes('GET /part') && requestsIn(received) === 2) socket.end('HTTP/1.1 2');
      else if (received.includes('GET /none')) socket.end();
      else socket.write(answer('ok'));
    });
    const none = new Caller(poolFor(upstream.url), { target: '/none' });
    await until(() => none.isOver);
    expect(none.fault).toMatchObject({ stage: 'response-headers', kind: 'cut' });
    const pool = poolFor(upstream.url);
    const first = new Caller(pool);
    await until(() => first.isOver);
    const part = new Caller(pool, { target: '/part' });
    await until(() => part.isOver);
    expect(part.fault).toMatchObject({ stage: 'response-headers', kind: 'cut' });
    expect(upstream.connections).toBe(2);
  });

  it('names the stage and the kind of each time limit', async () => {
    await using upstream = await startRawUpstream((received, socket) => {
      if (received.includes('/body')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe');
    });
    const silent = new Caller(poolFor(upstream.url, { headersTimeoutMs: 40 }), { target: '/head' });
    const half = new Caller(poolFor(upstream.url, { bodyIdleMs: 40 }), { target: '/body' });
    await until(() => silent.isOver && half.isOver);
    expect(silent.fault).toMatchObject({ stage: 'response-headers', kind: 'timeout' });
    expect(half.fault).toMatchObject({ stage: 'response-body', kind: 'timeout' });
    expect(half.body).toBe('he');
  });

  it('fails with stage connect when nobody listens, after one more try', async () => {
    const upstream = await startRawUpstream(() => undefined);
    await upstream[Symbol.asyncDispose]();
    const connect = vi.fn<UpstreamPoolOptions['connect']>(() => connectUpstream(upstream.url));
    const caller = new Caller(poolFor(upstream.url, { connect }));
    await until(() => caller.isOver);
    expect(caller.fault).toMatchObject({ stage: 'connect', kind: 'cut' });
    expect(connect).toHaveBeenCalledTimes(2);
  });

  it('stops trying again when most tries fail', async () => {
    const upstream = await startRawUpstream(() => undefined);
    await upstream[Symbol.asyncDispose]();
    const connect = vi.fn<UpstreamPoolOptions['connect']>(() => connectUpstream(upstream.url));
    const pool = poolFor(upstream.url, { connect, maxConnections: 100 });
    for (let n = 0; n < 100; n += 1) {
      const caller = new Caller(pool);
      await until(() => caller.isOver);
    }
    expect(connect.mock.calls.length).toBeLessThan(125);
  });

  it('lets so many wait for a connection, in turn, and refuses the rest at once', async () => {
    const held: Socket[] = [];
    await using upstream = await startRawUpstream((_, socket) => void held.push(socket));
    const pool = poolFor(upstream.url, { maxConnections: 1, maxWaiting: 1 });
    const first = new Caller(pool, { target: '/1' });
    const second = new Caller(pool, { target: '/2' });
    const third = new Caller(pool, { target: '/3' });
    expect(third.fault).toMatchObject({ stage: 'queue', kind: 'full' });
    await until(() => held.length === 1);
    held[0]!.write(answer('1'));
    await until(() => held.length === 2);
    expect(first.body).toBe('1');
    held[1]!.write(answer('2'));
    await until(() => second.isOver);
    expect(second.body).toBe('2');
    expect(upstream.connections).toBe(1);
  });

  it('lets a waiting request go when its user is gone', async () => {
    await using upstream = await startRawUpstream(() => undefined);
    const pool = poolFor(upstream.url, { maxConnections: 1, maxWaiting: 1 });
    const first = new Caller(pool);
    new Caller(pool).exchange.abort();
    expect(pool.waiting).toBe(0);
    await until(() => upstream.sockets.size === 1);
    first.exchange.abort();
    await until(() => upstream.sockets.size === 0);
    expect(first.isOver).toBe(false);
  });

  it('a user who gives up late does not touch the next user of the connection', async () => {
    const held: Socket[] = [];
    await using upstream = await startRawUpstream((received, socket) => {
      held.push(socket);
      if (requestsIn(received) === 1) socket.write(answer('first'));
    });
    const pool = poolFor(upstream.url);
    const first = new Caller(pool);
    await until(() => first.isOver);
    const second = new Caller(pool);
    await until(() => held.length === 2);
    first.exchange.abort();
    first.exchange.write(Buffer.from('junk'));
    first.exchange.finish();
    held[1]!.write(answer('second'));
    await until(() => second.isOver);
    expect(second.body).toBe('second');
    expect(upstream.received()).not.toContain('junk');
  });

  it('sends a body in chunks as they come, and its trailers', async () => {
    await using upstream = await startRawUpstream((received, socket) => {
      if (received.endsWith('\r\n\r\n') && received.includes('\r\n0\r\n')) socket.write(answer('got it'));
    });
    const caller = new Caller(poolFor(upstream.url), {
      method: 'DELETE',
      headers: ['Host', 'h', 'Transfer-Encoding', 'chunked', 'Trailer', 'X-Sum'],
      body: 'chunked',
    });
    await until(() => caller.drains > 0);
    caller.exchange.write(Buffer.from('hello'));
    caller.exchange.write(Buffer.from(' world, in two'));
    caller.exchange.finish(['X-Sum', '42']);
    await until(() => caller.isOver);
    expect(caller.body).toBe('got it');
    expect(upstream.received()).toMatch(/\r\n\r\n5\r\nhello\r\ne\r\n world, in two\r\n0\r\nX-Sum: 42\r\n\r\n$/);
  });

  it('passes the word on an Expect on, and an early answer, after which the connection is not used again', async () => {
    await using upstream = await startRawUpstream((received, socket) => {
      if (received.includes('Expect') && requestsIn(received) === 1 && !received.includes('body')) {
        socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      } else socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n');
    });
    const pool = poolFor(upstream.url);
    const caller = new Caller(pool, {
      method: 'POST',
      headers: ['Host', 'h', 'Content-Length', '1000', 'Expect', '100-continue'],
      body: 'length',
    });
    await until(() => caller.interims.length === 1);
    caller.exchange.write(Buffer.from('part of the body'));
    await until(() => caller.isOver);
    expect(caller).toMatchObject({ interims: [100], isEnded: true });
    expect(caller.head?.status).toBe(413);
    await until(() => upstream.sockets.size === 0);
    expect(pool.connections).toBe(0);
  });

  it('closes a connection on which bytes come that nobody asked for', async () => {
    await using upstream = await startRawUpstream((_, socket) => {
      socket.write(answer('ok'));
      setImmediate(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'));
    });
    const pool = poolFor(upstream.url);
    const caller = new Caller(pool);
    await until(() => caller.isOver && upstream.sockets.size === 0);
    expect(caller.body).toBe('ok');
    expect(pool.connections).toBe(0);
  });

  it('reads no further while it is paused', async () => {
    await using upstream = await startRawUpstream((_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      const more = (): void => {
        while (!socket.destroyed && socket.write(`4000\r\n${'x'.repeat(0x4000)}\r\n`));
        if (!socket.destroyed) socket.once('drain', more);
      };
      more();
    });
    const caller = new Caller(poolFor(upstream.url));
    await until(() => caller.body.length > 0);
    caller.exchange.pause();
    const [socket] = upstream.sockets;
    await until(() => socket!.writableNeedDrain);
    const before = caller.body.length;
    await new Promise((resolve) => setImmediate(resolve));
    expect(caller.body.length - before).toBeLessThan(256 * 1024);
    caller.exchange.resume();
    await until(() => caller.body.length > before + 1024 * 1024);
    caller.exchange.abort();
    await until(() => upstream.sockets.size === 0);
  });

  it('refuses to send what would break a line', async () => {
    await using upstream = await startRawUpstream((_, socket) => void socket.write(answer('ok')));
    const pool = poolFor(upstream.url);
    const bad: Partial<UpstreamRequest>[] = [
      { target: '/a b' },
      { target: '' },
      { target: '/a\r\nX: y' },
      { method: 'GE T' },
      { headers: ['X', 'a\r\nY: b'] },
      { headers: ['X\n', 'a'] },
      { headers: ['X', 'a\0'] },
      { headers: ['X', 'ĥ'] },
    ];
    for (const request of bad) expect(new Caller(pool, request).fault).toMatchObject({ kind: 'unsendable' });
    const latin1 = new Caller(pool, { target: '/%E4\u00e4', headers: ['X', '\u00e4'] });
    await until(() => latin1.isOver);
    expect(upstream.received()).toBe('GET /%E4\u00e4 HTTP/1.1\r\nX: \u00e4\r\n\r\n');
  });
});
