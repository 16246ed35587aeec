import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createNetServer, connect, type Server as NetServer, type Socket } from 'node:net';
import { startProxy, type Proxy, type ProxyOptions } from '../../../proxy/create-proxy.ts';
import type { SeenRequest } from '../../../proxy/seen-request.ts';
import type { DropReason, Exchange } from '../../../src/kernel/exchange.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { emptyRouting, type ReadState, type RoutingSnapshot } from '../../../src/kernel/phase.ts';

/** Waits until a condition holds; the test's own timeout ends a wait that never does. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise((resolve) => {
      setTimeout(resolve, 2);
    });
  }
}

export interface Upstream extends AsyncDisposable {
  readonly port: number;
  readonly url: URL;
  readonly sockets: ReadonlySet<Socket>;
  readonly connections: number;
}

/** A legacy app on node:http. */
export async function startUpstream(listener: RequestListener): Promise<Upstream & { readonly server: Server }> {
  const server = createServer(listener);
  return Object.assign(await listening(server), { server });
}

/** A legacy app that speaks bytes: called with what has arrived so far on a connection, each time more arrives. */
export async function startRawUpstream(
  onBytes: (received: string, socket: Socket) => void,
): Promise<Upstream & { readonly received: () => string }> {
  const texts: string[] = [];
  const server = createNetServer((socket) => {
    const index = texts.push('') - 1;
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      texts[index] += chunk.toString('latin1');
      onBytes(texts[index]!, socket);
    });
  });
  return Object.assign(await listening(server), { received: () => texts.join('\n--- next connection ---\n') });
}

export async function listening(server: Server | NetServer): Promise<Upstream> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the upstream does not listen');
  return {
    port: address.port,
    url: new URL(`http://127.0.0.1:${address.port}`),
    sockets,
    get connections() {
      return connections;
    },
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => {
        server.close(resolve);
      });
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

export interface TestProxy extends AsyncDisposable {
  readonly proxy: Proxy;
  readonly port: number;
  readonly url: string;
  readonly seen: SeenRequest[];
  readonly offered: Exchange[];
  readonly dropped: { readonly route: string; readonly reason: DropReason }[];
}

export async function startTestProxy(legacy: URL, options: Partial<ProxyOptions> = {}): Promise<TestProxy> {
  const seen: SeenRequest[] = [];
  const offered: Exchange[] = [];
  const dropped: { route: string; reason: DropReason }[] = [];
  const proxy = await startProxy({
    legacy,
    host: '127.0.0.1',
    port: 0,
    features: [],
    visitor: { cookie: undefined, header: undefined },
    routing: () => emptyRouting,
    candidate: () => undefined,
    applied: () => undefined,
    source: undefined,
    fenceSecret: Buffer.from('a secret that only the proxies know'),
    fenceBudgetMs: 250,
    sink: {
      wants: () => true,
      offer: (exchange) => {
        offered.push(exchange);
      },
      dropped: (_, route, reason) => {
        dropped.push({ route, reason });
      },
    },
    observe: (request) => {
      seen.push(request);
    },
    log: silentLog,
    stopGraceMs: 200,
    ...options,
  });
  return {
    proxy,
    port: proxy.port,
    url: proxy.url,
    seen,
    offered,
    dropped,
    [Symbol.asyncDispose]: () => proxy.stop(),
  };
}

export interface RawClient {
  readonly socket: Socket;
  /** Everything received, as latin1. */
  readonly text: () => string;
  readonly send: (text: string) => void;
  /** Waits until the text holds the part. */
  readonly receives: (part: string) => Promise<string>;
  /** `end` after a clean end, `reset` after a connection reset. */
  readonly ended: Promise<'end' | 'reset'>;
  readonly closed: () => boolean;
}

export async function rawClient(port: number, first = ''): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let text = '';
  let isClosed = false;
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  const ended = new Promise<'end' | 'reset'>((resolve) => {
    socket.once('end', () => {
      resolve('end');
      socket.end();
    });
    socket.once('error', () => resolve('reset'));
  });
  socket.once('close', () => {
    isClosed = true;
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  if (first !== '') socket.write(first, 'latin1');
  return {
    socket,
    text: () => text,
    send: (more) => {
      socket.write(more, 'latin1');
    },
    receives: async (part) => {
      await until(() => text.includes(part) || isClosed);
      if (!text.includes(part)) throw new Error(`expected ${JSON.stringify(part)}, got ${JSON.stringify(text)}`);
      return text;
    },
    ended,
    closed: () => isClosed,
  };
}

/** Sends one request on a connection of its own and returns everything that comes back until the connection ends. */
export async function exchangeRaw(port: number, request: string): Promise<string> {
  const client = await rawClient(port, request);
  await client.ended;
  return client.text();
}

/** One feature `orders` with the route `GET /orders/:id`. */
export const ordersFeature = {
  name: 'orders',
  routes: [{ route: 'GET /orders/:id', method: 'GET', path: '/orders/:id' }],
  candidateTimeoutMs: 1_000,
} as const;

let revisions = 0;

/** A fresh snapshot in which `orders` is in this phase. */
export function routingOf(phase: ReadState['phase'], percent = phase === 'live' ? 100 : 0): RoutingSnapshot {
  revisions += 1;
  return {
    revision: revisions,
    features: new Map([['orders', { feature: 'orders', reads: { phase, percent } }]]),
  };
}

export async function bodyOf(req: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of req) body += String(chunk);
  return body;
}
