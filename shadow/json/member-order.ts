import { END, grown, NEXT, NODE, type TokenTape } from './token-tape.ts';

const QUOTE = 0x22;
/** Keys for which there is room from one comparison to the next. */
const KEPT = 1_024;

/** The keys of objects on a tape while their members are being found in another text, those of open objects above each other. */
export class MemberOrder {
  /** Nodes of keys; less than 0 once the member was found. */
  keys = new Int32Array(KEPT);
  readonly #tape: TokenTape;

  constructor(tape: TokenTape) {
    this.#tape = tape;
  }

  /** Gives back what a deep text needed more. */
  clear(): void {
    if (this.keys.length > KEPT) this.keys = new Int32Array(KEPT);
  }

  /** Lists the keys of an object from `base` on. */
  list(object: number, base: number, count: number): Int32Array<ArrayBuffer> {
    while (base + count > this.keys.length) this.keys = grown(this.keys);
    const { nodes } = this.#tape;
    const { keys } = this;
    for (let at = base, key = object + NODE; at < base + count; at += 1) {
      keys[at] = key;
      key = nodes[key + NODE + NEXT]!;
    }
    return keys;
  }

  /** The position of the member, not found before, whose key is written here from its quote on, or -1. */
  search(bytes: Uint8Array, quote: number, base: number, count: number): number {
    // Mostly the order is the opposite one.
    for (let at = count - 1; at >= 0; at -= 1) {
      const key = this.keys[base + at]!;
      if (key >= 0 && isKeyAt(this.#tape, key, bytes, quote)) return at;
    }
    return -1;
  }

  /** Those that were not found. */
  *missing(base: number, count: number): Generator<number> {
    for (let at = base; at < base + count; at += 1) if (this.keys[at]! >= 0) yield this.keys[at]!;
  }
}

/** Whether a key that has no escapes, or the same ones, is written here. */
export function isKeyAt(tape: TokenTape, key: number, bytes: Uint8Array, quote: number): boolean {
  const start = tape.nodes[key]!;
  const length = tape.nodes[key + END]! - start;
  // Behind the same escapes a quote is not escaped, so it ends the other key as well.
  if (bytes[quote + 1 + length] !== QUOTE) return false;
  const legacy = tape.bytes;
  for (let i = 0; i < length; i += 1) if (legacy[start + i] !== bytes[quote + 1 + i]) return false;
  return true;
}
