import type { Socket } from 'node:net';

const MAX_TICK_MS = 1_000;

/**
 * Finds clients that take nothing of their answer, which would hold its place, and legacy, for as long as they like. Node
 * tells of a socket on which nothing was written for a time, parts of a write included; it is asked only where an answer
 * waits, so that a request costs nothing for it.
 */
export class SlowReaders {
  readonly #owing: () => Iterable<Socket>;
  readonly #waiting = new Set<Socket>();
  #limitMs = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `owing`: the connections on which an answer is owed. */
  constructor(owing: () => Iterable<Socket>, limitMs: number) {
    this.#owing = owing;
    this.change(limitMs);
  }

  /** 0: clients may be as slow as they like. */
  change(limitMs: number): void {
    this.stop();
    this.#limitMs = limitMs;
    if (limitMs > 0) this.#timer = setInterval(() => this.#look(), Math.min(MAX_TICK_MS, limitMs / 4)).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Whether the `timeout` of a socket is that of an answer which nobody takes. */
  isWaiting(socket: Socket): boolean {
    return this.#waiting.has(socket);
  }

  #look(): void {
    const owing = new Set(this.#owing());
    for (const socket of this.#waiting) {
      if (owing.has(socket) && socket.writableLength > 0) continue;
      this.#waiting.delete(socket);
      // What is idle has a time of its own by now.
      if (owing.has(socket)) socket.setTimeout(0);
    }
    for (const socket of owing) {
      if (socket.writableLength === 0 || this.#waiting.has(socket)) continue;
      this.#waiting.add(socket);
      socket.setTimeout(this.#limitMs);
    }
  }
}
