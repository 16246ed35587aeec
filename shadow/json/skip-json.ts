import { afterSpace } from './token-tape.ts';

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENS_ARRAY = 0x5b;
const CLOSES_ARRAY = 0x5d;
const OPENS_OBJECT = 0x7b;
const CLOSES_OBJECT = 0x7d;

/**
 * Where the value of a member begins, in the object that begins at `start`; -1: it has no such key in plain text. The quickest guess:
 * it does not look whether all that it passes is JSON, or whether the key comes twice.
 */
export function valueOfMember(bytes: Uint8Array, start: number, key: Uint8Array): number {
  if (bytes[start] !== OPENS_OBJECT) return -1;
  let at = afterSpace(bytes, start + 1);
  while (bytes[at] === QUOTE) {
    const isFound = startsWith(bytes, at + 1, key) && bytes[at + 1 + key.length] === QUOTE;
    at = afterSpace(bytes, isFound ? at + key.length + 2 : afterString(bytes, at));
    if (bytes[at] !== COLON) return -1;
    at = afterSpace(bytes, at + 1);
    if (isFound) return at;
    at = afterSpace(bytes, afterValue(bytes, at));
    if (bytes[at] !== COMMA) return -1;
    at = afterSpace(bytes, at + 1);
  }
  return -1;
}

/** Where a value ends, if it is JSON. */
export function afterValue(bytes: Uint8Array, start: number): number {
  const first = bytes[start];
  if (first === QUOTE) return afterString(bytes, start);
  const { length } = bytes;
  let at = start;
  if (first !== OPENS_ARRAY && first !== OPENS_OBJECT) {
    while (at < length && !endsScalar(bytes[at]!)) at += 1;
    return at;
  }
  let depth = 0;
  while (at < length) {
    const code = bytes[at]!;
    if (code === QUOTE) {
      at = afterString(bytes, at);
      continue;
    }
    at += 1;
    if (code === OPENS_ARRAY || code === OPENS_OBJECT) depth += 1;
    else if (code === CLOSES_ARRAY || code === CLOSES_OBJECT) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return at;
}

function afterString(bytes: Uint8Array, start: number): number {
  const { length } = bytes;
  let at = start + 1;
  while (at < length) {
    const code = bytes[at]!;
    if (code === QUOTE) return at + 1;
    at += code === BACKSLASH ? 2 : 1;
  }
  return length;
}

function endsScalar(code: number): boolean {
  return code === COMMA || code === CLOSES_OBJECT || code === CLOSES_ARRAY || code <= SPACE;
}

function startsWith(bytes: Uint8Array, start: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i += 1) if (bytes[start + i] !== text[i]) return false;
  return true;
}
