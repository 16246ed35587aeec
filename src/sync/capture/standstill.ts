import type { Position } from '../../kernel/position.ts';

/** Where a slot stands that nobody reads from. */
export interface SlotStanding {
  /** What lies before it is let go of. */
  readonly confirmed: Position;
  /** Where the server's log ends. */
  readonly end: Position;
}

/**
 * Measures the log that has come since capture stands still: since then nothing was confirmed. What had come before, while
 * fig was stopped, say, is not counted: nothing had failed yet. No I/O.
 */
export class Standstill {
  #since: SlotStanding | undefined;
  #heldBytes = 0n;

  /** To be told before each session. Returns the log that is held because none gets anywhere. */
  look(now: SlotStanding): bigint {
    const since = this.#since;
    if (since?.confirmed !== now.confirmed) this.over();
    this.#since ??= now;
    this.#heldBytes = now.end > this.#since.end ? now.end - this.#since.end : 0n;
    return this.#heldBytes;
  }

  /** Capture works, or there is nothing that could be held. */
  over(): void {
    this.#since = undefined;
    this.#heldBytes = 0n;
  }

  /** Log that is held, given what the session has confirmed that runs now, if one does. */
  heldBytes(acknowledged: Position | undefined): number {
    const isOver = this.#since !== undefined && acknowledged !== undefined && acknowledged > this.#since.confirmed;
    return isOver ? 0 : Number(this.#heldBytes);
  }
}
