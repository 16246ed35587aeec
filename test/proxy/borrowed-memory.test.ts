import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request as askHttp, Agent, type IncomingMessage } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { request as askHttps, Agent as SecureAgent } from 'node:https';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { relay } from '../../proxy/forward.ts';
import { Gone } from '../../proxy/gone.ts';
import { connectUpstream } from '../../proxy/upstream/connect-upstream.ts';
import { ReadBuffer } from '../../proxy/upstream/read-buffer.ts';
import { UpstreamPool } from '../../proxy/upstream/upstream-pool.ts';
import { ordersFeature, routingOf, startTestProxy, startUpstream, until } from './support/harness.ts';
import { ca, serverFiles } from './support/tls.ts';

// A connection to legacy reads into the same memory again and again. Whoever got a part of it must have sent it by then,
// or keep it: otherwise users would see bytes of later reads, or of each other's answers.

/** Bytes that differ at every place of every answer. */
function bytesOf(seed: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const sizes = [1, 1_700, 16 * 1024 - 200, 16 * 1024, 70_000, 400_000, 1_500_000];

/** `/orders/SEED?length=N&chunked=0|1`: a body in parts of many sizes, some at once and some later. */
async function startDealer() {
  return startUpstream(async (req, res) => {
    const url = new URL(req.url ?? '/', 'http://legacy');
    const seed = Number(url.pathname.split('/').at(-1));
    const body = bytesOf(seed, Number(url.searchParams.get('length')));
    if (url.searchParams.get('chunked') === '0') res.setHeader('Content-Length', body.length);
    for (let at = 0, part = 1 + (seed % 900); at < body.length; at += part, part = (part * 7 + seed) % 90_000 || 1) {
      const hasRoom = res.write(body.subarray(at, at + part));
      if (!hasRoom) await new Promise((resolve) => res.once('drain', resolve));
      else if (part % 3 === 0) await nextTurn();
    }
    res.end();
  });
}

const targetOf = (seed: number): string => `/orders/${seed}?length=${sizes[seed % sizes.length]}&chunked=${seed % 2}`;

/** Reads with pauses, so that the proxy is often left with what it could not send yet. */
async function readSlowly(stream: NodeJS.ReadableStream, seed: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let turns = 0;
  for await (const part of stream) {
    parts.push(part as Buffer);
    turns += 1;
    for (let rest = (turns * seed) % 5; rest > 0; rest -= 1) await nextTurn();
  }
  return Buffer.concat(parts);
}

async function visit(ask: (seed: number) => Promise<Buffer>): Promise<void> {
  const visitors = Array.from({ length: 16 }, async (_, visitor) => {
    for (let n = 0; n < 12; n += 1) {
      const seed = visitor * 100 + n;
      const answer = await ask(seed);
      expect(answer.length).toBe(sizes[seed % sizes.length]);
      expect(digest(answer)).toBe(digest(bytesOf(seed, answer.length)));
    }
  });
  await Promise.all(visitors);
}

async function answerTo(send: (done: (res: IncomingMessage) => void) => void, seed: number): Promise<Buffer> {
  const res = await new Promise<IncomingMessage>((resolve) => {
    send(resolve);
  });
  return readSlowly(res, seed);
}

test('every byte of every answer is its own, over HTTP/1.1 and slow readers', { timeout: 60_000 }, async () => {
  await using upstream = await startDealer();
  await using proxy = await startTestProxy(upstream.url);
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  await visit((seed) =>
    answerTo((done) => {
      askHttp({ port: proxy.port, host: '127.0.0.1', path: targetOf(seed), agent }, done).end();
    }, seed),
  );
  agent.destroy();
});

test('every byte of every answer is its own, over TLS', { timeout: 60_000 }, async () => {
  await using upstream = await startDealer();
  await using proxy = await startTestProxy(upstream.url, { tls: serverFiles });
  const agent = new SecureAgent({ keepAlive: true, maxSockets: 8, ca, servername: 'localhost' });
  await visit((seed) =>
    answerTo((done) => {
      askHttps({ port: proxy.port, host: '127.0.0.1', path: targetOf(seed), agent }, done).end();
    }, seed),
  );
  agent.destroy();
});

test('every byte of every answer is its own, over HTTP/2', { timeout: 60_000 }, async () => {
  await using upstream = await startDealer();
  await using proxy = await startTestProxy(upstream.url, { tls: serverFiles });
  const session = connectHttp2(`https://localhost:${proxy.port}`, { ca, host: '127.0.0.1', port: proxy.port });
  await visit((seed) => readSlowly(session.request({ ':path': targetOf(seed) }), seed));
  session.close();
});

test(
  'the end of an answer that waits for a slow reader is not read over by the next one',
  { timeout: 60_000 },
  async () => {
    const large = randomBytes(1024 * 1024);
    const other = randomBytes(60_000);
    await using upstream = await startUpstream((req, res) => {
      const length = Number(req.url?.slice(1));
      res.end(length === 0 ? other : large.subarray(0, length));
    });
    // Everything goes over one connection to the upstream.
    const pool = new UpstreamPool({
      connect: () => connectUpstream(upstream.url),
      connectTimeoutMs: 0,
      headersTimeoutMs: 0,
      bodyIdleMs: 0,
      sendIdleMs: 0,
      totalMs: 0,
      maxConnections: 1,
      maxWaiting: 1,
    });
    const settled: { readonly unsent: number }[] = [];
    const front = createServer((req, res) => {
      const target = req.url ?? '/';
      const job = { method: 'GET', target, headers: ['Host', 'h'], req, body: 'none', res, gone: new Gone() } as const;
      relay(pool, job, () => settled.push({ unsent: req.socket.writableLength }));
    });
    // Not TCP, for which the kernel takes megabytes more or less, as it likes.
    const folder = await mkdtemp(join(tmpdir(), 'fig-memory-'));
    const path = join(folder, 'front.sock');
    await once(front.listen(path), 'listening');
    const others: boolean[] = [];
    for (let length = 100_000; length < large.length && others.length < 5; length += 8_000) {
      const slow = connect({ path }).pause();
      const parts: Buffer[] = [];
      slow.on('data', (part: Buffer) => parts.push(part));
      const ended = once(slow, 'end');
      slow.write(`GET /${length} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
      const before = settled.length;
      // What is far too long for the kernel is not over before it is read.
      const impatience = setTimeout(() => slow.resume(), 100);
      await until(() => settled.length > before);
      clearTimeout(impatience);
      if (settled.at(-1)!.unsent > 0) {
        const [next] = (await once(askHttp({ socketPath: path, path: '/0' }).end(), 'response')) as [IncomingMessage];
        others.push((await readSlowly(next, 0)).equals(other));
      }
      slow.resume();
      await ended;
      const answer = Buffer.concat(parts);
      expect(answer.subarray(answer.indexOf('\r\n\r\n') + 4).equals(large.subarray(0, length))).toBe(true);
    }
    expect(others).toContain(true);
    expect(others).not.toContain(false);
    pool.destroy();
    front.close();
    await rm(folder, { recursive: true });
  },
);

test('the copy for the shadow keeps its bytes while the connection reads on', { timeout: 60_000 }, async () => {
  await using upstream = await startDealer();
  await using proxy = await startTestProxy(upstream.url, {
    features: [ordersFeature],
    routing: () => routingOf('shadow'),
    captureLimitBytes: 2 * 1024 * 1024,
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  await visit((seed) =>
    answerTo((done) => {
      askHttp({ port: proxy.port, host: '127.0.0.1', path: targetOf(seed), agent }, done).end();
    }, seed),
  );
  agent.destroy();
  expect(proxy.offered).toHaveLength(16 * 12);
  for (const { question, answer } of proxy.offered) {
    const seed = Number(/orders\/(\d+)/.exec(question.target)?.[1]);
    expect(digest(Buffer.from(answer.body))).toBe(digest(bytesOf(seed, answer.body.byteLength)));
  }
});

test('memory that is in use is not read into again', () => {
  const buffer = new ReadBuffer();
  let isInUse = true;
  buffer.listen(() => isInUse);
  const first = buffer.onread.buffer();
  buffer.onread.callback(100);
  const second = buffer.onread.buffer();
  expect(second).not.toBe(first);
  isInUse = false;
  buffer.onread.callback(100);
  expect(buffer.onread.buffer()).toBe(second);
});

test('reads grow with answers that fill them, and shrink behind answers that do not', () => {
  const buffer = new ReadBuffer();
  const small = buffer.onread.buffer();
  buffer.onread.callback(small.length);
  const large = buffer.onread.buffer();
  expect(large.length).toBeGreaterThan(small.length);
  buffer.rest();
  buffer.onread.callback(10);
  expect(buffer.onread.buffer()).toBe(large);
  buffer.rest();
  buffer.onread.callback(10);
  expect(buffer.onread.buffer().length).toBe(small.length);
});
