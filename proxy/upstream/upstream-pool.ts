import type { Socket } from 'node:net';
import type { Connecting } from './connect-upstream.ts';
import { Exchange } from './exchange.ts';
import { requestHead } from './request-head.ts';
import { RetryBudget } from './retry-budget.ts';
import { UpstreamConnection, type ConnectionLimits, type ConnectionOwner } from './upstream-connection.ts';
import type { UpstreamExchange, UpstreamFault, UpstreamHandler, UpstreamRequest } from './upstream-exchange.ts';

export interface UpstreamPoolOptions {
  /** Begins to connect; the socket emits `ready` (the event is `connect` or `secureConnect`) or `error`. */
  readonly connect: () => Connecting;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  /** 0: an answer may be silent for ever, as an event stream is. */
  readonly bodyIdleMs: number;
  /** 0: the upstream may be as slow as it likes in taking in a body. */
  readonly sendIdleMs: number;
  /** From `send` to the end of the answer, unless that is an event stream; 0: none. */
  readonly totalMs: number;
  /** Connections at once. */
  readonly maxConnections: number;
  /** Requests that may wait for a connection. */
  readonly maxWaiting: number;
  readonly maxHeadBytes?: number | undefined;
}

/** Idle connections are closed after this, or a second before the upstream said it would. */
const IDLE_MS = 4_000;
/** A request that must not be sent twice takes no connection that has been idle longer: it could be closing. */
const FRESH_MS = 1_000;
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * Keep-alive connections to one upstream, one exchange at a time on each. A request is sent a second time only if it is safe,
 * has no body, and its kept connection broke before a byte of the answer came, or if no connection could be made (RFC 9110
 * section 9.2.2), and only within a budget.
 */
export class UpstreamPool implements ConnectionOwner<Exchange> {
  readonly #options: UpstreamPoolOptions;
  readonly #limits: ConnectionLimits;
  readonly #budget = new RetryBudget();
  readonly #connections = new Set<UpstreamConnection<Exchange>>();
  /** The one used last is at the end and is taken first, so that the rest can go. */
  readonly #idle: UpstreamConnection<Exchange>[] = [];
  readonly #waiting: Exchange[] = [];
  readonly #connecting = new Map<Socket, { deadline: number; exchange: Exchange }>();
  readonly #clock: NodeJS.Timeout;
  #isClosed = false;

  constructor(options: UpstreamPoolOptions) {
    this.#options = options;
    const { connectTimeoutMs, headersTimeoutMs, bodyIdleMs, sendIdleMs, totalMs } = options;
    this.#limits = { headersTimeoutMs, bodyIdleMs, sendIdleMs, maxHeadBytes: options.maxHeadBytes ?? 64 * 1024 };
    // One clock for all: a timer for each request would cost more than the request.
    const all = [connectTimeoutMs, headersTimeoutMs, bodyIdleMs, sendIdleMs, totalMs];
    const shortest = Math.min(...all.filter((ms) => ms > 0), 1_000);
    this.#clock = setInterval(() => this.#lookAtClock(), Math.max(5, shortest / 4));
    this.#clock.unref();
  }

  /** Requests that wait for a connection. */
  get waiting(): number {
    return this.#waiting.length;
  }

  get connections(): number {
    return this.#connections.size + this.#connecting.size;
  }

  /** What cannot be sent, or finds too many waiting, fails before this returns. */
  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamExchange {
    this.#budget.deposit();
    const exchange = new Exchange(request, handler, this);
    try {
      exchange.head = requestHead(request);
    } catch (error) {
      exchange.fail({
        stage: 'queue',
        kind: 'unsendable',
        error: error instanceof Error ? error : new Error(String(error)),
      });
      return exchange;
    }
    if (this.#options.totalMs > 0) exchange.endsBy = performance.now() + this.#options.totalMs;
    this.#place(exchange);
    return exchange;
  }

  /** Closes every connection; exchanges under way fail. */
  destroy(): void {
    this.#isClosed = true;
    clearInterval(this.#clock);
    const error = new Error('the proxy is stopping');
    for (const exchange of this.#waiting.splice(0)) exchange.fail({ stage: 'queue', kind: 'closed', error });
    for (const [socket, { exchange }] of this.#connecting) {
      this.#connecting.delete(socket);
      socket.destroy();
      exchange.fail({ stage: 'connect', kind: 'closed', error });
    }
    for (const connection of this.#connections) connection.destroy();
  }

  onIdle(connection: UpstreamConnection<Exchange>): void {
    this.#release(connection);
    connection.idleSince = performance.now();
    const next = this.#waiting.shift();
    if (next) this.#carry(connection, next);
    else this.#idle.push(connection);
  }

  onClosed(connection: UpstreamConnection<Exchange>): void {
    this.#release(connection);
    this.#connections.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
    const next = this.#waiting.shift();
    if (next) this.#place(next);
  }

  onUnanswered(connection: UpstreamConnection<Exchange>): boolean {
    const exchange = connection.user;
    if (!exchange || connection.carried < 2 || this.#isClosed) return false;
    const { method, body } = exchange.request;
    if (exchange.isRetry || body !== 'none' || !safeMethods.has(method) || !this.#budget.withdraw()) return false;
    connection.user = undefined;
    exchange.isRetry = true;
    exchange.connection = undefined;
    // On a fresh connection: others that were kept as long may be as dead.
    this.#open(exchange);
    return true;
  }

  /** An exchange that has no connection yet is given up. Says how far it got. */
  forget(exchange: Exchange): 'queue' | 'connect' {
    const at = this.#waiting.indexOf(exchange);
    if (at !== -1) this.#waiting.splice(at, 1);
    for (const [socket, { exchange: other }] of this.#connecting) {
      if (other !== exchange) continue;
      this.#connecting.delete(socket);
      socket.destroy();
      // The place is free for whoever waits.
      const next = this.#waiting.shift();
      if (next) this.#place(next);
      return 'connect';
    }
    return 'queue';
  }

  /** The connection is another's from now on: what its last user does must not reach it. */
  #release(connection: UpstreamConnection<Exchange>): void {
    connection.user?.over();
    connection.user = undefined;
  }

  #place(exchange: Exchange): void {
    const isSafe = exchange.request.body === 'none' && safeMethods.has(exchange.request.method);
    const kept = this.#takeIdle(isSafe);
    if (kept) this.#carry(kept, exchange);
    else if (this.#isClosed) {
      exchange.fail({ stage: 'queue', kind: 'closed', error: new Error('the proxy is stopping') });
    } else if (this.connections < this.#options.maxConnections) this.#open(exchange);
    else if (this.#waiting.length < this.#options.maxWaiting) this.#waiting.push(exchange);
    else {
      const error = new Error(`${this.#waiting.length} requests wait for the upstream already`);
      exchange.fail({ stage: 'queue', kind: 'full', error });
    }
  }

  #takeIdle(isSafe: boolean): UpstreamConnection<Exchange> | undefined {
    const now = performance.now();
    for (let at = this.#idle.length - 1; at >= 0; at -= 1) {
      const connection = this.#idle[at]!;
      const idleMs = now - connection.idleSince;
      // Those below have been idle for longer.
      if (!isSafe && idleMs > FRESH_MS) return undefined;
      this.#idle.length = at;
      if (idleMs < idleLimitMs(connection)) return connection;
      connection.destroy();
    }
    return undefined;
  }

  #carry(connection: UpstreamConnection<Exchange>, exchange: Exchange): void {
    connection.user = exchange;
    exchange.connection = connection;
    connection.begin(exchange.request, exchange.head, exchange.handler);
    if (exchange.isPaused) connection.pause();
  }

  #open(exchange: Exchange): void {
    const { socket, ready, reads } = this.#options.connect();
    const { connectTimeoutMs } = this.#options;
    const deadline = connectTimeoutMs > 0 ? performance.now() + connectTimeoutMs : Number.POSITIVE_INFINITY;
    this.#connecting.set(socket, { deadline, exchange });
    socket.setNoDelay(true);
    const onError = (error: Error): void => this.#unconnected(socket, { stage: 'connect', kind: 'cut', error });
    socket.on('error', onError);
    socket.once(ready, () => {
      if (!this.#connecting.delete(socket)) return;
      const connection = new UpstreamConnection({ socket, reads }, this.#limits, this);
      socket.off('error', onError);
      this.#connections.add(connection);
      this.#carry(connection, exchange);
    });
  }

  #unconnected(socket: Socket, fault: UpstreamFault): void {
    const entry = this.#connecting.get(socket);
    if (!entry) return;
    this.#connecting.delete(socket);
    socket.destroy();
    const { exchange } = entry;
    // Nothing was sent, so any request may be tried again; at once, because a refusal comes fast or is for good.
    if (fault.kind === 'cut' && !exchange.isRetry && this.#budget.withdraw()) {
      exchange.isRetry = true;
      this.#open(exchange);
    } else {
      exchange.fail(fault);
      const next = this.#waiting.shift();
      if (next) this.#place(next);
    }
  }

  #underWay(): Exchange[] {
    const carried = [...this.#connections].flatMap(({ user }) => user ?? []);
    return [...carried, ...[...this.#connecting.values()].map(({ exchange }) => exchange), ...this.#waiting];
  }

  #lookAtClock(): void {
    const now = performance.now();
    for (const [socket, { deadline }] of this.#connecting) {
      if (deadline > now) continue;
      const error = new Error('the upstream did not accept a connection in time');
      this.#unconnected(socket, { stage: 'connect', kind: 'timeout', error });
    }
    for (const connection of this.#connections) if (connection.deadline <= now) connection.overdue();
    if (this.#options.totalMs > 0)
      for (const exchange of this.#underWay()) if (exchange.endsBy <= now) exchange.overtime();
    while (this.#idle[0] && now - this.#idle[0].idleSince >= idleLimitMs(this.#idle[0])) this.#idle[0].destroy();
  }
}

function idleLimitMs({ keepAliveSeconds }: UpstreamConnection<Exchange>): number {
  return keepAliveSeconds === undefined ? IDLE_MS : Math.max(0, keepAliveSeconds - 1) * 1_000;
}
