import { isUtf8 } from 'node:buffer';
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
/** Kind, and `COUNT` times the number of elements or members. */
export const WHAT = 3;
export const KIND = 7;
export const COUNT_BITS = 3;

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
const escapable = new Set(Buffer.from('"\\/bfnrt'));

/**
 * Where each value of a JSON text (RFC 8259, UTF-8) begins and ends, in the order of the text: nothing is copied, and no value
 * is made (the structural index of Langdale and Lemire, Parsing Gigabytes of JSON per Second, VLDB Journal 28, 2019).
 * Nodes are named by where their `NODE` numbers begin in `nodes`. A member is two nodes, its key and its value.
 */
export class TokenTape {
  #bytes: Buffer = nothing;
  #nodes = new Int32Array(1_024);
  #open = new Int32Array(64);

  get bytes(): Buffer {
    return this.#bytes;
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
    this.#bytes = bytes;
    return this.#scan(start);
  }

  /** Lets go of the text. */
  clear(): void {
    this.#bytes = nothing;
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
    let nodes = this.#nodes;
    let size = 0;
    let depth = 0;
    /** The container that is open, -1 for none, and what closes it. */
    let container = -1;
    let closes = 0;
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
      if (code === QUOTE) {
        at += 1;
        nodes[node] = at;
        let kind = STRING;
        for (;;) {
          while (at < length && special[bytes[at]!] === 0) at += 1;
          if (at >= length) return -1;
          code = bytes[at]!;
          if (code === QUOTE) break;
          at = code === BACKSLASH ? afterEscape(bytes, at + 1) : -1;
          if (at < 0) return -1;
          kind = ESCAPED;
        }
        nodes[node + END] = at;
        nodes[node + WHAT] = kind;
        at += 1;
        if (isKey) {
          while (at < length && bytes[at]! <= SPACE && isSpace(bytes[at]!)) at += 1;
          if (bytes[at] !== COLON) return -1;
          at += 1;
          isKey = false;
          continue;
        }
      } else if (isKey) {
        return -1;
      } else if (code === OPENS_OBJECT || code === OPENS_ARRAY) {
        nodes[node] = at;
        nodes[node + WHAT] = code === OPENS_OBJECT ? OBJECT : ARRAY;
        at += 1;
        while (at < length && bytes[at]! <= SPACE && isSpace(bytes[at]!)) at += 1;
        if (bytes[at] === code + TO_CLOSE) {
          at += 1;
          nodes[node + END] = at;
        } else {
          if (depth >= maxJsonDepth) return -1;
          if (depth >= this.#open.length) this.#open = grown(this.#open);
          this.#open[depth] = container;
          depth += 1;
          container = node;
          closes = code + TO_CLOSE;
          isKey = code === OPENS_OBJECT;
          continue;
        }
      } else {
        const end = code === MINUS || (code >= ZERO && code <= NINE) ? afterNumber(bytes, at) : afterWord(bytes, at);
        if (end < 0) return -1;
        nodes[node] = at;
        nodes[node + END] = at = end;
        nodes[node + WHAT] = code <= NINE ? NUMBER : LITERAL;
      }
      // What ends behind the value.
      for (;;) {
        values += 1;
        if (values > maxJsonValues) return -1;
        if (container < 0) return at;
        while (at < length && bytes[at]! <= SPACE && isSpace(bytes[at]!)) at += 1;
        nodes[container + WHAT]! += 1 << COUNT_BITS;
        code = bytes[at]!;
        at += 1;
        if (code === COMMA) {
          isKey = closes === OPENS_OBJECT + TO_CLOSE;
          break;
        }
        if (code !== closes) return -1;
        nodes[container + END] = at;
        nodes[container + NEXT] = size;
        depth -= 1;
        container = this.#open[depth]!;
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

const words = ['true', 'false', 'null'].map((word) => Buffer.from(word));

/** Behind true, false or null, or -1. */
function afterWord(bytes: Uint8Array, start: number): number {
  for (const word of words) {
    let at = 0;
    while (at < word.length && bytes[start + at] === word[at]) at += 1;
    if (at === word.length) return start + at;
  }
  return -1;
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
