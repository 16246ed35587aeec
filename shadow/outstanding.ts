import type { Exchange } from '../src/kernel/exchange.ts';

/** What is counted for a copy besides its body and its texts. */
const OVERHEAD_BYTES = 512;

export interface FeedLimits {
  readonly items: number;
  readonly bytes: number;
}

export const defaultFeedLimits: FeedLimits = { items: 1_000, bytes: 64 * 1024 * 1024 };

interface Item {
  readonly feature: string;
  readonly route: string;
  readonly bytes: number;
}

/** The copies that the worker has not acknowledged yet. They, and nothing else, are the memory that the shadow holds. */
export class Outstanding {
  readonly #limits: FeedLimits;
  readonly #items = new Map<number, Item>();
  #bytes = 0;
  #sequence = 0;

  constructor(limits: FeedLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#items.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isHalfFull(): boolean {
    return this.#items.size * 2 > this.#limits.items || this.#bytes * 2 > this.#limits.bytes;
  }

  hasRoomFor(bytes: number): boolean {
    return this.#items.size < this.#limits.items && this.#bytes + bytes <= this.#limits.bytes;
  }

  /** Returns the number under which the copy is acknowledged. */
  add(exchange: Exchange): number {
    const { feature, route } = exchange;
    const bytes = sizeOf(exchange);
    this.#sequence += 1;
    this.#items.set(this.#sequence, { feature, route, bytes });
    this.#bytes += bytes;
    return this.#sequence;
  }

  /** False when it is not outstanding any more. */
  remove(sequence: number): boolean {
    const item = this.#items.get(sequence);
    if (!item) return false;
    this.#items.delete(sequence);
    this.#bytes -= item.bytes;
    return true;
  }

  /** Lets go of everything and returns it. */
  clear(): readonly Item[] {
    const items = [...this.#items.values()];
    this.#items.clear();
    this.#bytes = 0;
    return items;
  }
}

/** An estimate of the memory that a copy takes. */
export function sizeOf({ question, answer }: Exchange): number {
  const texts = [question.target, ...question.headers, ...answer.headers];
  const bodies = answer.body.byteLength + (question.query?.body.byteLength ?? 0);
  return OVERHEAD_BYTES + bodies + texts.reduce((sum, text) => sum + text.length, 0);
}
