import { isUtf8 } from 'node:buffer';
import { EMPTY, ODD, type ObjectShapes } from './object-shapes.ts';
import { maxJsonDepth, maxJsonValues } from './parse-json.ts';

/** What stands at a node. Strings with a backslash in them are apart, because their bytes are not what they mean. */
export const LITERAL = 1;
export const NUMBER = 2;
export const STRING = 3;
export const ESCAPED = 4;
export const ARRAY = 5;
export const OBJECT = 6;

/** Numbers that make a node. */
export const NODE = 4;
/** Where its text ends (a string: before its quote); at the node itself stands where it begins (a string: behind its quote). */
export const END = 1;
/** The node behind a value and all that is in it. */
export const NEXT = 2;
/** Kind, whether it is a key, and the shape of an object, or of what there is of it up to this key. */
export const WHAT = 3;
export const KIND = 7;
export const KEY = 8;
export const SHAPE_BITS = 4;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const OPENS_ARRAY = 0x5b;
const OPENS_OBJECT = 0x7b;
/** What closes a container is two behind what opens it. */
const TO_CLOSE = 2;

/** Numbers that are kept between two texts; what a large one needed more is given back. */
const KEPT = 262_144;

/** 1 for what ends a run of plain characters in a string. */
const special = Uint8Array.from({ length: 256 }, (_, code) =>
  code < SPACE || code === QUOTE || code === BACKSLASH ? 1 : 0,
);
const nothing: Buffer = Buffer.alloc(0);
const noView = viewOf(nothing);
const escapable = new Set(Buffer.from('"\\/bfnrt'));

/**
 * Where each value of a JSON text (RFC 8259, UTF-8) begins and ends, in the order of the text: nothing is copied, and no value
 * is made (the structural index of Langdale and Lemire, Parsing Gigabytes of JSON per Second, VLDB Journal 28, 2019).
 * Nodes are named by where their `NODE` numbers begin in `nodes`. A member is two nodes, its key and its value.
 */
export class TokenTape {
  #bytes: Buffer = nothing;
  /** The same, to look at four bytes at once. */
  #view: DataView = noView;
  #nodes = new Int32Array(1_024);
  /** Containers that are open, and how far the shapes of those are known that are objects. */
  #open = new Int32Array(64);
  readonly #shapes: ObjectShapes;

  constructor(shapes: ObjectShapes) {
    this.#shapes = shapes;
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  get view(): DataView {
    return this.#view;
  }

  get nodes(): Int32Array {
    return this.#nodes;
  }

  /** Takes a text; the whole of it is node 0. False: it is not valid JSON, or more of it than is compared. */
  read(bytes: Uint8Array): boolean {
    const text = asBuffer(bytes);
    const end = isUtf8(text) ? this.readValue(text, startOf(text)) : -1;
    return end >= 0 && afterSpace(text, end) === text.length;
  }

  /** Takes the value that begins here, or behind white space, as node 0. Returns where it ends, or -1. */
  readValue(bytes: Buffer, start: number): number {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = viewOf(bytes);
    }
    return this.#scan(start);
  }

  /** Lets go of the text. */
  clear(): void {
    this.#bytes = nothing;
    this.#view = noView;
    if (this.#nodes.length > KEPT) this.#nodes = new Int32Array(KEPT);
  }

  /** What a string means, or how any other value is written. */
  text(node: number): string {
    const nodes = this.#nodes;
    const text = this.#bytes.toString('utf8', nodes[node], nodes[node + END]);
    return (nodes[node + WHAT]! & KIND) === ESCAPED ? String(JSON.parse(`"${text}"`)) : text;
  }

  /** One function, because every byte goes through it. */
  #scan(start: number): number {
    const bytes = this.#bytes;
    const { length } = bytes;
    const view = this.#view;
    const { view: keys, keyStart, keyLength, likely } = this.#shapes;
    let nodes = this.#nodes;
    let open = this.#open;
    let size = 0;
    let depth = 0;
    /** The container that is open, -1 for none, what closes it, and its shape so far. */
    let container = -1;
    let closes = 0;
    let shape = ODD;
    let isKey = false;
    let values = 0;
    let at = start;
    for (;;) {
      let code = at < length ? bytes[at]! : 0;
      while (code <= SPACE && isSpace(code)) code = (at += 1) < length ? bytes[at]! : 0;
      if (size + NODE > nodes.length) nodes = this.#nodes = grown(nodes);
      const node = size;
      size += NODE;
      nodes[node + NEXT] = size;
      if (isKey) {
        if (code !== QUOTE) return -1;
        at += 1;
        nodes[node] = at;
        const guess = likely[shape]!;
        const known = keyLength[guess]!;
        if (guess !== ODD && isSameAt(view, at - 1, keys, keyStart[guess]!, known)) {
          at += known - 2;
          shape = guess;
          nodes[node + WHAT] = STRING | KEY | (shape << SHAPE_BITS);
        } else {
          const end = afterPlain(bytes, at, length);
          const isPlain = end < length && bytes[end] === QUOTE;
          const ends = isPlain ? end : endOfString(bytes, end);
          if (ends < 0) return -1;
          shape = isPlain ? this.#shapes.next(shape, bytes, at - 1, ends + 1) : ODD;
          at = ends;
          nodes[node + WHAT] = (isPlain ? STRING : ESCAPED) | KEY | (shape << SHAPE_BITS);
        }
        nodes[node + END] = at;
        at += 1;
        if (bytes[at] !== COLON) {
          at = afterSpace(bytes, at);
          if (bytes[at] !== COLON) return -1;
        }
        at += 1;
        isKey = false;
        continue;
      }
      if (code === QUOTE) {
        at += 1;
        nodes[node] = at;
        while (at + 4 <= length && arePlain(view.getInt32(at))) at += 4;
        while (at < length && special[bytes[at]!] === 0) at += 1;
        let kind = STRING;
        if (bytes[at] !== QUOTE) {
          at = endOfString(bytes, at);
          if (at < 0) return -1;
          kind = ESCAPED;
        }
        nodes[node + END] = at;
        nodes[node + WHAT] = kind;
        at += 1;
      } else if (code === OPENS_OBJECT || code === OPENS_ARRAY) {
        nodes[node] = at;
        at += 1;
        let next = at < length ? bytes[at]! : 0;
        while (next <= SPACE && isSpace(next)) next = (at += 1) < length ? bytes[at]! : 0;
        if (next === code + TO_CLOSE) {
          at += 1;
          nodes[node + END] = at;
          nodes[node + WHAT] = code === OPENS_OBJECT ? OBJECT | (EMPTY << SHAPE_BITS) : ARRAY;
        } else {
          if (depth >= 2 * maxJsonDepth) return -1;
          if (depth >= open.length) open = this.#open = grown(open);
          open[depth] = container;
          open[depth + 1] = shape;
          depth += 2;
          container = node;
          closes = code + TO_CLOSE;
          isKey = code === OPENS_OBJECT;
          shape = EMPTY;
          continue;
        }
      } else {
        nodes[node] = at;
        if (code === MINUS || (code >= ZERO && code <= NINE)) {
          // Most numbers are a few digits.
          let end = at + 1;
          if (code > ZERO) while (end < length && bytes[end]! >= ZERO && bytes[end]! <= NINE) end += 1;
          if (code === MINUS || goesOn(bytes[end])) end = afterNumber(bytes, at);
          if (end < 0) return -1;
          at = end;
          nodes[node + WHAT] = NUMBER;
        } else {
          at = afterWord(bytes, at, code);
          if (at < 0) return -1;
          nodes[node + WHAT] = LITERAL;
        }
        nodes[node + END] = at;
      }
      // What ends behind the value.
      for (;;) {
        values += 1;
        if (values > maxJsonValues) return -1;
        if (container < 0) return at;
        code = at < length ? bytes[at]! : 0;
        while (code <= SPACE && isSpace(code)) code = (at += 1) < length ? bytes[at]! : 0;
        at += 1;
        if (code === COMMA) {
          isKey = closes === OPENS_OBJECT + TO_CLOSE;
          break;
        }
        if (code !== closes) return -1;
        nodes[container + END] = at;
        nodes[container + NEXT] = size;
        nodes[container + WHAT] = code === OPENS_OBJECT + TO_CLOSE ? OBJECT | (shape << SHAPE_BITS) : ARRAY;
        depth -= 2;
        container = open[depth]!;
        shape = open[depth + 1]!;
        if (container >= 0) closes = bytes[nodes[container]!]! + TO_CLOSE;
      }
    }
  }
}

/** The same numbers, with room for as many more. */
export function grown(numbers: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}

/** The same bytes, as what has a text. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether so many bytes are the same in two texts, of which the first one may end before. */
export function isSameAt(one: DataView, at: number, other: DataView, from: number, count: number): boolean {
  if (at + count > one.byteLength) return false;
  let same = 0;
  if (count < 4) {
    while (same < count && one.getInt8(at + same) === other.getInt8(from + same)) same += 1;
    return same === count;
  }
  // The last four may overlap with those before.
  const rest = count - 4;
  while (same < rest && one.getInt32(at + same) === other.getInt32(from + same)) same += 4;
  return same >= rest && one.getInt32(at + rest) === other.getInt32(from + rest);
}

/** Behind the byte-order mark, if there is one. */
export function startOf(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** Where what is no white space begins. */
export function afterSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at]! <= SPACE && isSpace(bytes[at]!)) at += 1;
  return at;
}

function isSpace(code: number): boolean {
  return code === SPACE || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Whether none of four bytes is a control character, a quote or a backslash (see Hacker's Delight on zero bytes in a word). */
function arePlain(four: number): boolean {
  const quote = four ^ 0x22_22_22_22;
  const backslash = four ^ 0x5c_5c_5c_5c;
  const found =
    ((quote - 0x01_01_01_01) & ~quote) | ((backslash - 0x01_01_01_01) & ~backslash) | ((four - 0x20_20_20_20) & ~four);
  return (found & 0x80_80_80_80) === 0;
}

/** Where a run of plain characters in a string ends. */
function afterPlain(bytes: Uint8Array, start: number, length: number): number {
  let at = start;
  while (at < length && special[bytes[at]!] === 0) at += 1;
  return at;
}

/** Where the quote is that ends a string, from somewhere in it on that is not within an escape, or -1. */
function endOfString(bytes: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    at = afterPlain(bytes, at, bytes.length);
    if (bytes[at] === QUOTE) return at;
    at = bytes[at] === BACKSLASH ? afterEscape(bytes, at + 1) : -1;
    if (at < 0) return -1;
  }
}

/** Behind an escape, of which the first byte behind the backslash is given, or -1. */
function afterEscape(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== 0x75) return escapable.has(bytes[at] ?? 0) ? at + 1 : -1;
  for (let digit = at + 1; digit <= at + 4; digit += 1) if (!isHexDigit(bytes[digit] ?? 0)) return -1;
  return at + 5;
}

function isHexDigit(code: number): boolean {
  const letter = (code | SPACE) - 0x61;
  return (code >= ZERO && code <= NINE) || (letter >= 0 && letter < 6);
}

/** Behind true, false or null, of which the first letter is given, or -1. */
function afterWord(bytes: Uint8Array, at: number, first: number): number {
  if (first === 0x74) return isLetters(bytes, at, 0x72, 0x75, 0x65) ? at + 4 : -1;
  if (first === 0x6e) return isLetters(bytes, at, 0x75, 0x6c, 0x6c) ? at + 4 : -1;
  return first === 0x66 && isLetters(bytes, at, 0x61, 0x6c, 0x73) && bytes[at + 4] === 0x65 ? at + 5 : -1;
}

function isLetters(bytes: Uint8Array, at: number, second: number, third: number, fourth: number): boolean {
  return bytes[at + 1] === second && bytes[at + 2] === third && bytes[at + 3] === fourth;
}

/** Whether a number goes on with this byte. */
export function goesOn(code: number | undefined): boolean {
  if (code === undefined) return false;
  return (code >= ZERO && code <= NINE) || code === DOT || code === 0x65 || code === 0x45;
}

/** Behind a number by the grammar of RFC 8259, or -1. */
function afterNumber(bytes: Uint8Array, start: number): number {
  let at = bytes[start] === MINUS ? start + 1 : start;
  const whole = bytes[at] === ZERO ? at + 1 : afterDigits(bytes, at);
  if (whole === at) return -1;
  at = whole;
  if (bytes[at] === DOT) {
    const fraction = afterDigits(bytes, at + 1);
    if (fraction === at + 1) return -1;
    at = fraction;
  }
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    const sign = bytes[at + 1];
    const from = sign === 0x2b || sign === MINUS ? at + 2 : at + 1;
    at = afterDigits(bytes, from);
    if (at === from) return -1;
  }
  return at;
}

function afterDigits(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at]! >= ZERO && bytes[at]! <= NINE) at += 1;
  return at;
}
