/** No shape is known: a key has an escape or comes twice, or there are more keys or shapes than are kept. */
export const ODD = 0;
/** The shape of an object without members. */
export const EMPTY = 1;

/** Shapes that are kept; what needs more is a map and no row. */
const MAX_SHAPES = 4_096;
/** Bytes of all their keys. */
const MAX_TEXT = 131_072;
/** Members of an object that has a shape. */
const MAX_MEMBERS = 64;
/** Keys that may follow the same ones. */
const MAX_NEXT = 32;
/** Keys that were turned away, until what is known is taken for that of texts that are gone. */
const MAX_REFUSED = 1_000;

/**
 * Which keys follow each other in objects, learnt from the texts that are read and kept from one to the next: rows of a list,
 * and answers of a route, mostly have the same ones. A shape stands for a sequence of different keys without escapes; it is made of a
 * shape and one key more. Whoever reads a text guesses by it what comes next, and looks whether that is so.
 */
export class ObjectShapes {
  /** The text of all keys with their quotes; where the last key of a shape begins in it, and how many bytes it has. */
  readonly text = new Uint8Array(MAX_TEXT);
  readonly view = new DataView(this.text.buffer);
  readonly keyStart = new Int32Array(MAX_SHAPES);
  readonly keyLength = new Int32Array(MAX_SHAPES);
  /** The shape with one key more that was met last, or none. */
  readonly likely = new Int32Array(MAX_SHAPES);
  /** Members. */
  readonly size = new Int32Array(MAX_SHAPES);
  /** Of an object of this shape: the position of the member that another text began with last. */
  readonly begins = new Int32Array(MAX_SHAPES);
  /** Of the last key of a shape: the position of the member that came behind it in another text. */
  readonly follows = new Int32Array(MAX_SHAPES);
  /** The shape without its last key; the first and the next one of those that have one key more. */
  readonly #parent = new Int32Array(MAX_SHAPES);
  readonly #first = new Int32Array(MAX_SHAPES);
  readonly #sibling = new Int32Array(MAX_SHAPES);
  readonly #names: (string | undefined)[] = [];
  #count = EMPTY + 1;
  #textLength = 0;
  #refused = 0;

  /** Forgets all of them if there was no room for many. Not while what was read by them is in use. */
  makeRoom(): void {
    if (this.#refused < MAX_REFUSED) return;
    this.#refused = 0;
    this.#count = EMPTY + 1;
    this.#textLength = 0;
    this.likely.fill(0);
    this.#first.fill(0);
    this.#names.length = 0;
  }

  /** The last key of a shape. */
  name(shape: number): string {
    const known = this.#names[shape];
    if (known !== undefined) return known;
    const start = this.keyStart[shape]! + 1;
    const name = Buffer.from(this.text.buffer, start, this.keyLength[shape]! - 2).toString();
    this.#names[shape] = name;
    return name;
  }

  /** The shape with this key more, from its quote to behind the other one; it has no escapes. */
  next(shape: number, bytes: Uint8Array, start: number, end: number): number {
    if (shape === ODD) return ODD;
    let siblings = 0;
    for (let at = this.#first[shape]!; at !== 0; at = this.#sibling[at]!, siblings += 1) {
      if (this.#isLast(at, bytes, start, end)) return (this.likely[shape] = at);
    }
    if (this.size[shape] === MAX_MEMBERS || this.#isIn(shape, bytes, start, end)) return ODD;
    const hasRoom = this.#count < MAX_SHAPES && this.#textLength + end - start <= MAX_TEXT;
    if (hasRoom && siblings < MAX_NEXT) return this.#add(shape, bytes, start, end);
    this.#refused += 1;
    return ODD;
  }

  #add(shape: number, bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    const added = this.#count;
    this.#count += 1;
    this.text.set(bytes.subarray(start, end), this.#textLength);
    this.keyStart[added] = this.#textLength;
    this.keyLength[added] = length;
    this.#textLength += length;
    this.size[added] = this.size[shape]! + 1;
    this.#parent[added] = shape;
    this.#sibling[added] = this.#first[shape]!;
    this.#first[shape] = added;
    this.#first[added] = 0;
    this.likely[added] = 0;
    // Until another text says otherwise it has the same order.
    this.begins[added] = 0;
    this.follows[added] = this.size[added]!;
    this.likely[shape] = added;
    return added;
  }

  /** Whether one of its keys is this one. */
  #isIn(shape: number, bytes: Uint8Array, start: number, end: number): boolean {
    for (let at = shape; at > EMPTY; at = this.#parent[at]!) if (this.#isLast(at, bytes, start, end)) return true;
    return false;
  }

  #isLast(shape: number, bytes: Uint8Array, start: number, end: number): boolean {
    const length = this.keyLength[shape]!;
    if (end - start !== length) return false;
    const from = this.keyStart[shape]!;
    for (let i = 0; i < length; i += 1) if (this.text[from + i] !== bytes[start + i]) return false;
    return true;
  }
}
