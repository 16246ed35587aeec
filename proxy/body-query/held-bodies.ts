/** One request's share of the memory for bodies. */
export interface HeldBody {
  /** Whether so many bytes more may be held. */
  readonly hold: (bytes: number) => boolean;
  /** Gives everything back; may be called again. */
  readonly release: () => void;
}

const MAX_BYTES = 64 * 1024 * 1024;

/** Bounds what all bodies together take that are held until it is known that nobody needs them any more. */
export class HeldBodies {
  #free: number;

  constructor(maxBytes: number = MAX_BYTES) {
    this.#free = maxBytes;
  }

  open(): HeldBody {
    let held = 0;
    return {
      hold: (bytes) => {
        if (bytes > this.#free) return false;
        this.#free -= bytes;
        held += bytes;
        return true;
      },
      release: () => {
        this.#free += held;
        held = 0;
      },
    };
  }
}
