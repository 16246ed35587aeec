import type { Position } from '../../kernel/position.ts';

const REST_MS = 1_000;

/**
 * Decides when a message has to be written into the source's log, so that the stream moves and the slot lets go of what
 * other databases of the server wrote. Servers tell of such log by themselves, except those behind which something eats
 * their keepalives; so a message is due only when the stream has not come as far as the log was at the last look.
 */
export class Heartbeat {
  #seen: Position | undefined;
  #sentAtMs = Number.NEGATIVE_INFINITY;

  isDue(log: Position, received: Position, nowMs: number): boolean {
    const isStuck = this.#seen !== undefined && received < this.#seen;
    this.#seen = log;
    if (!isStuck || nowMs - this.#sentAtMs < REST_MS) return false;
    this.#sentAtMs = nowMs;
    return true;
  }
}
