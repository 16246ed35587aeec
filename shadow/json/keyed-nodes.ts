import { ODD } from './object-shapes.ts';
import { afterValue, valueOfMember } from './skip-json.ts';
import {
  END,
  ESCAPED,
  KIND,
  NEXT,
  NODE,
  NUMBER,
  OBJECT,
  SHAPE_BITS,
  STRING,
  WHAT,
  type TokenTape,
} from './token-tape.ts';

const ZERO = 0x30;
/** Looks into the table that are taken for one element before it is given up: then keys have been made to meet there. */
const MAX_LOOKS = 64;

/** The elements of an array on a tape, to be found by the key that elements of another text have, each once. */
export class KeyedNodes {
  readonly #tape: TokenTape;
  #key: Uint8Array = new Uint8Array();
  #name: string | undefined;
  /** A power of two, and at its place by its hash: the value of the key of an element, 0 for none. */
  #table = new Int32Array(64);
  #elements = new Int32Array(64);
  #mask = 0;
  /** The shape of the element that was looked into last, and where its key is. */
  #shape = ODD;
  #position = 0;
  /** Elements that have not been found. */
  left = 0;

  constructor(tape: TokenTape) {
    this.#tape = tape;
  }

  /** False: the key does not tell all of them apart, or is written in a way in which it is not looked for. */
  begin(array: number, name: string): boolean {
    const { nodes } = this.#tape;
    if (name !== this.#name) {
      this.#name = name;
      this.#key = Buffer.from(name);
    }
    this.#shape = ODD;
    this.left = 0;
    const end = nodes[array + NEXT]!;
    for (let element = array + NODE; element < end; element = nodes[element + NEXT]!) this.left += 1;
    this.#clear(this.left);
    for (let element = array + NODE; element < end; element = nodes[element + NEXT]!) {
      const value = this.#keyOf(element);
      if (value < 0 || !this.#add(value, element)) return false;
    }
    return true;
  }

  /** Takes the element with the key of what begins here, which is a guess until that is looked at as a whole; or -1. */
  take(bytes: Uint8Array, start: number): number {
    const at = valueOfMember(bytes, start, this.#key);
    if (at < 0) return -1;
    const place = this.#placeOf(bytes, at, afterValue(bytes, at));
    if (place < 0 || this.#table[place] === 0) return -1;
    const element = this.#elements[place]!;
    if (element < 0) return -1;
    this.#elements[place] = -1;
    this.left -= 1;
    return element;
  }

  #clear(count: number): void {
    let size = 64;
    while (size < 2 * count) size *= 2;
    this.#mask = size - 1;
    if (this.#table.length < size || this.#table.length > 8 * size) {
      this.#table = new Int32Array(size);
      this.#elements = new Int32Array(size);
    } else this.#table.fill(0, 0, size);
  }

  #add(value: number, element: number): boolean {
    const { nodes, bytes } = this.#tape;
    const quotes = (nodes[value + WHAT]! & KIND) === STRING ? 1 : 0;
    const place = this.#placeOf(bytes, nodes[value]! - quotes, nodes[value + END]! + quotes);
    if (place < 0 || this.#table[place] !== 0) return false;
    this.#table[place] = value;
    this.#elements[place] = element;
    return true;
  }

  /** Where a key is in the table or would be, or -1. */
  #placeOf(bytes: Uint8Array, start: number, end: number): number {
    let hash = end - start;
    for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ bytes[at]!, 0x01_00_01_93);
    let place = (hash ^ (hash >>> 15)) & this.#mask;
    for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
      const value = this.#table[place]!;
      if (value === 0 || this.#isWritten(value, bytes, start, end)) return place;
      place = (place + 1) & this.#mask;
    }
    return -1;
  }

  #isWritten(value: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { nodes, bytes: legacy } = this.#tape;
    const quotes = (nodes[value + WHAT]! & KIND) === STRING ? 1 : 0;
    const from = nodes[value]! - quotes;
    if (nodes[value + END]! + quotes - from !== end - start) return false;
    for (let i = 0; i < end - start; i += 1) if (legacy[from + i] !== bytes[start + i]) return false;
    return true;
  }

  /** The value of the key, if there is one of it and it is not written in two ways; or -1. */
  #keyOf(element: number): number {
    const { nodes } = this.#tape;
    const what = nodes[element + WHAT]!;
    if ((what & KIND) !== OBJECT) return -1;
    const shape = what >> SHAPE_BITS;
    const value =
      shape === this.#shape && shape !== ODD ? this.#valueAt(element, this.#position) : this.#valueIn(element);
    this.#shape = value < 0 ? ODD : shape;
    if (value < 0) return -1;
    const kind = nodes[value + WHAT]! & KIND;
    return kind === STRING || (kind === NUMBER && this.#isPlainInteger(value)) ? value : -1;
  }

  #valueAt(element: number, position: number): number {
    const { nodes } = this.#tape;
    let key = element + NODE;
    for (let at = 0; at < position; at += 1) key = nodes[key + NODE + NEXT]!;
    return key + NODE;
  }

  #valueIn(element: number): number {
    const { nodes } = this.#tape;
    const end = nodes[element + NEXT]!;
    let found = -1;
    for (let key = element + NODE, at = 0; key < end; key = nodes[key + NODE + NEXT]!, at += 1) {
      // A key with an escape may be the same as another.
      if ((nodes[key + WHAT]! & KIND) === ESCAPED) return -1;
      if (!this.#isKey(key)) continue;
      if (found >= 0) return -1;
      found = key + NODE;
      this.#position = at;
    }
    return found;
  }

  #isKey(key: number): boolean {
    const { nodes, bytes } = this.#tape;
    const start = nodes[key]!;
    const name = this.#key;
    if (nodes[key + END]! - start !== name.length) return false;
    for (let i = 0; i < name.length; i += 1) if (bytes[start + i] !== name[i]) return false;
    return true;
  }

  #isPlainInteger(value: number): boolean {
    const { nodes, bytes } = this.#tape;
    const start = nodes[value]!;
    const end = nodes[value + END]!;
    for (let at = start; at < end; at += 1) if (bytes[at]! < ZERO || bytes[at]! > ZERO + 9) return false;
    return true;
  }
}
