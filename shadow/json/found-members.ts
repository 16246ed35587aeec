import { isKeyAt } from './member-order.ts';
import { END, ESCAPED, KIND, NEXT, NODE, WHAT, type TokenTape } from './token-tape.ts';

/** Members that are looked through one after another. Of larger objects only those are found that come in the same order. */
const FEW = 30;

/**
 * The members of an object on a tape whose shape is not known, found by the keys that another text has for them, each once. Mostly
 * they come in the same order or in the opposite one.
 */
export class FoundMembers {
  readonly #tape: TokenTape;
  #object = 0;
  #count = 0;
  /** The key behind the one found last, while all come in the same order. */
  #next = 0;
  /** Position of the one that was found last. */
  #last = -1;
  /** All keys, once one came out of order, what tells most of them apart, and a bit for each that was found. */
  readonly #keys = new Int32Array(FEW);
  readonly #marks = new Int32Array(FEW);
  #isListed = false;
  #found = 0;

  constructor(tape: TokenTape) {
    this.#tape = tape;
  }

  begin(object: number): void {
    this.#object = object;
    this.#count = countOf(this.#tape, object);
    this.#next = object + NODE;
    this.#last = -1;
    this.#isListed = false;
  }

  /** The key that is written here, from its quote on, or -1: there is none, or it takes more to find it. */
  find(bytes: Uint8Array, quote: number): number {
    const { nodes } = this.#tape;
    if (!this.#isListed) {
      const key = this.#next;
      if (this.#last + 1 < this.#count && isKeyAt(this.#tape, key, bytes, quote)) {
        this.#last += 1;
        this.#next = nodes[key + NODE + NEXT]!;
        return key;
      }
      if (this.#count > FEW || !this.#list()) return -1;
    }
    const at = this.#positionOf(bytes, quote);
    if (at < 0) return -1;
    this.#last = at;
    this.#found |= 1 << at;
    return this.#keys[at]!;
  }

  /** Those that were not found. */
  *missing(): Generator<number> {
    const { nodes } = this.#tape;
    const end = nodes[this.#object + NEXT]!;
    for (let key = this.#object + NODE, at = 0; key < end; key = nodes[key + NODE + NEXT]!, at += 1) {
      if (this.#isListed ? (this.#found & (1 << at)) === 0 : at > this.#last) yield key;
    }
  }

  get areAllFound(): boolean {
    return this.#isListed ? this.#found === (1 << this.#count) - 1 : this.#last + 1 === this.#count;
  }

  /** False: values of a repeated key have an order of their own, and a key with an escape may be the same as another. */
  #list(): boolean {
    const { nodes, bytes } = this.#tape;
    const [keys, marks] = [this.#keys, this.#marks];
    for (let at = 0, key = this.#object + NODE; at < this.#count; at += 1, key = nodes[key + NODE + NEXT]!) {
      if ((nodes[key + WHAT]! & KIND) === ESCAPED) return false;
      const [start, end] = [nodes[key]!, nodes[key + END]!];
      const mark = start === end ? 0 : ((end - start) << 16) | (bytes[start]! << 8) | bytes[end - 1]!;
      for (let before = 0; before < at; before += 1) {
        if (marks[before] === mark && this.#areSame(keys[before]!, key)) return false;
      }
      keys[at] = key;
      marks[at] = mark;
    }
    this.#found = (1 << (this.#last + 1)) - 1;
    this.#isListed = true;
    return true;
  }

  #areSame(key: number, other: number): boolean {
    const { bytes, nodes } = this.#tape;
    const start = nodes[key]!;
    const otherStart = nodes[other]!;
    const length = nodes[key + END]! - start;
    if (nodes[other + END]! - otherStart !== length) return false;
    for (let i = 0; i < length; i += 1) if (bytes[start + i] !== bytes[otherStart + i]) return false;
    return true;
  }

  #positionOf(bytes: Uint8Array, quote: number): number {
    if (this.#isFree(this.#last - 1, bytes, quote)) return this.#last - 1;
    if (this.#isFree(this.#last + 1, bytes, quote)) return this.#last + 1;
    for (let at = this.#count - 1; at >= 0; at -= 1) if (this.#isFree(at, bytes, quote)) return at;
    return -1;
  }

  #isFree(at: number, bytes: Uint8Array, quote: number): boolean {
    if (at < 0 || at >= this.#count || (this.#found & (1 << at)) !== 0) return false;
    return isKeyAt(this.#tape, this.#keys[at]!, bytes, quote);
  }
}

function countOf({ nodes }: TokenTape, object: number): number {
  const end = nodes[object + NEXT]!;
  let count = 0;
  for (let key = object + NODE; key < end; key = nodes[key + NODE + NEXT]!) count += 1;
  return count;
}
