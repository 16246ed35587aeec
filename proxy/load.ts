import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ProxyLimits } from '../src/config/limits.ts';
import { StreamSocket } from './stream-socket.ts';
import { UploadWatch } from './upload-watch.ts';
import { UpstreamTurns } from './upstream-turns.ts';

/** Why something was turned away. Each is a metric label. */
export type Refusal =
  /** All connections are taken. */
  | 'connections'
  /** As many requests as allowed are in flight. */
  | 'in-flight'
  /** The wait for a turn with the upstream was over. */
  | 'upstream-busy'
  /** Too many bytes or lines before the body. */
  | 'head-too-large'
  /** The head did not arrive in time. */
  | 'head-too-slow'
  | 'body-too-large'
  | 'body-too-slow';

/** A place among the requests in flight, to be released once. */
export interface Place {
  /** The answer goes on for as long as the client likes: from now on it counts as a stream. */
  becomeStream(): void;
  release(): void;
}

interface Places {
  inFlight: number;
  streams: number;
}

/** The figures of a moment. */
export interface LoadStats {
  /** Client connections that are open, tunnels included. */
  readonly connections: number;
  /** Requests whose answer is not out; event streams are not counted once they stream. */
  readonly inFlight: number;
  /** Event streams and tunnels. */
  readonly streams: number;
  readonly upstreamBusy: number;
  readonly upstreamWaiting: number;
  /** Since the start. */
  readonly refused: Readonly<Record<Refusal, number>>;
}

/** Connections beyond the limit that are still told so, as a share of it; those beyond are dropped without a word. */
const SURPLUS_SHARE = 0.1;
const MIN_SURPLUS = 16;
/** How long a connection beyond the limit may take to ask for something before it is closed. */
const SURPLUS_MS = 1_000;

/** Counts what the proxy has taken on and says when it is too much. */
export class Load {
  readonly turns: UpstreamTurns;
  readonly uploads: UploadWatch;
  #limits: ProxyLimits;
  readonly #surplus = new Map<Duplex, NodeJS.Timeout>();
  #connections = 0;
  #accepted = 0;
  readonly #places: Places = { inFlight: 0, streams: 0 };
  readonly #refused: Record<Refusal, number> = {
    connections: 0,
    'in-flight': 0,
    'upstream-busy': 0,
    'head-too-large': 0,
    'head-too-slow': 0,
    'body-too-large': 0,
    'body-too-slow': 0,
  };

  constructor(limits: ProxyLimits) {
    this.#limits = limits;
    this.turns = new UpstreamTurns(limits.upstreamConnections, limits.upstreamWaitMs);
    this.uploads = new UploadWatch(limits);
  }

  get limits(): ProxyLimits {
    return this.#limits;
  }

  /** Nobody who is in is thrown out; who comes from now on is measured by the new limits. */
  change(limits: ProxyLimits): void {
    this.#limits = limits;
    this.turns.change(limits.upstreamConnections, limits.upstreamWaitMs);
    this.uploads.change(limits);
  }

  /**
   * Counts a new connection. One beyond the limit may ask once and is told 503; so that telling them cannot become the
   * load itself, those far beyond are dropped. (Not by `server.maxConnections`: in a cluster's worker that would hand the
   * connection to the next worker, and round again for as long as all are full.)
   */
  connected(socket: Socket): void {
    this.#connections += 1;
    socket.once('close', () => {
      this.#connections -= 1;
      clearTimeout(this.#surplus.get(socket));
      this.#surplus.delete(socket);
    });
    if (this.#connections <= this.limits.connections) return;
    if (this.#isFarBeyond(this.#connections)) {
      this.refuse('connections');
      socket.destroy();
      return;
    }
    const timer = setTimeout(() => {
      this.refuse('connections');
      socket.destroy();
    }, SURPLUS_MS);
    this.#surplus.set(socket, timer.unref());
  }

  /**
   * Counts a connection before its TLS handshake; `connected` counts it again once it can ask. Handshakes that never end
   * would get round the limit, and nothing can be said to those beyond it.
   */
  accepted(socket: Socket): void {
    this.#accepted += 1;
    socket.once('close', () => {
      this.#accepted -= 1;
    });
    if (!this.#isFarBeyond(this.#accepted)) return;
    this.refuse('connections');
    socket.destroy();
  }

  #isFarBeyond(count: number): boolean {
    const { connections } = this.limits;
    return count > connections + Math.max(MIN_SURPLUS, connections * SURPLUS_SHARE);
  }

  /** Whether the connection is beyond the limit, so that whatever it asks is refused. */
  isSurplus(socket: Duplex): boolean {
    return this.#surplus.size > 0 && this.#surplus.has(StreamSocket.connectionOf(socket));
  }

  /** A place among the requests in flight, or why there is none. */
  enter(socket: Duplex): Place | Refusal {
    if (this.isSurplus(socket)) return 'connections';
    if (this.#places.inFlight >= this.limits.inFlight) return 'in-flight';
    this.#places.inFlight += 1;
    return new HeldPlace(this.#places);
  }

  /** Counts a connection that became a tunnel until it closes. */
  tunnelled(socket: Duplex): void {
    this.#places.streams += 1;
    socket.once('close', () => {
      this.#places.streams -= 1;
    });
  }

  refuse(reason: Refusal): void {
    this.#refused[reason] += 1;
  }

  stats(): LoadStats {
    return {
      connections: this.#connections,
      inFlight: this.#places.inFlight,
      streams: this.#places.streams,
      upstreamBusy: this.turns.taken,
      upstreamWaiting: this.turns.waiting,
      refused: { ...this.#refused },
    };
  }
}

class HeldPlace implements Place {
  readonly #places: Places;
  #isStream = false;

  constructor(places: Places) {
    this.#places = places;
  }

  becomeStream(): void {
    this.#isStream = true;
    this.#places.inFlight -= 1;
    this.#places.streams += 1;
  }

  release(): void {
    if (this.#isStream) this.#places.streams -= 1;
    else this.#places.inFlight -= 1;
  }
}
