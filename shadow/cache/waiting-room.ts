import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

export interface WaitingRoomLimits {
  readonly items: number;
  readonly bytes: number;
}

/** Where judgements wait for a cache to expire. Bounded, because each keeps its exchange. */
export class WaitingRoom {
  readonly #limits: WaitingRoomLimits;
  readonly #closing = new AbortController();
  #items = 0;
  #bytes = 0;

  constructor(limits: WaitingRoomLimits) {
    this.#limits = limits;
    setMaxListeners(0, this.#closing.signal);
  }

  /** False at once when there is no room, and when the room is closed meanwhile. */
  async wait(ms: number, bytes: number): Promise<boolean> {
    const { signal } = this.#closing;
    if (signal.aborted || this.#items >= this.#limits.items || this.#bytes + bytes > this.#limits.bytes) return false;
    this.#items += 1;
    this.#bytes += bytes;
    try {
      return await delay(ms, true, { signal });
    } catch {
      return false;
    } finally {
      this.#items -= 1;
      this.#bytes -= bytes;
    }
  }

  /** Nobody waits any longer. */
  close(): void {
    this.#closing.abort();
  }
}
