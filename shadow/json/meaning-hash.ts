import { ARRAY, END, ESCAPED, KEY, KIND, LITERAL, NEXT, NODE, NUMBER, WHAT, type TokenTape } from './token-tape.ts';

const ZERO = 0x30;
const NINE = 0x39;

/**
 * A number that is the same for values that are equal where there are no rules, however they are written: different ones say that two
 * values differ, and the same one says nothing. Of decimals only the digits count that all ways to write one have in common.
 */
export function meaningHash(tape: TokenTape, node: number): number {
  const { nodes, bytes } = tape;
  const end = nodes[node + NEXT]!;
  let sum = 0;
  let key = 0;
  for (let at = node; at < end; at += NODE) {
    const what = nodes[at + WHAT]!;
    const kind = what & KIND;
    let hash = kind;
    if (kind === NUMBER) hash = hashOfDigits(bytes, nodes[at]!, nodes[at + END]!);
    else if (kind === ESCAPED) {
      const text = Buffer.from(tape.text(at));
      hash = hashOf(text, 0, text.length);
    } else if (kind === LITERAL) hash = bytes[nodes[at]!]!;
    else if (kind < ARRAY) hash = hashOf(bytes, nodes[at]!, nodes[at + END]!);
    if ((what & KEY) !== 0) key = hash;
    else {
      // Members come in any order.
      const both = Math.imul(hash ^ Math.imul(key, 0x85_eb_ca_6b), 0xc2_b2_ae_35);
      sum = (sum + (both ^ (both >>> 15))) | 0;
      key = 0;
    }
  }
  return sum;
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x81_1c_9d_c5;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ bytes[at]!, 0x01_00_01_93);
  return hash ^ (hash >>> 13);
}

/** Those before the exponent, but for zeros, which may stand there or not. */
function hashOfDigits(bytes: Uint8Array, start: number, end: number): number {
  let hash = NUMBER;
  for (let at = start; at < end; at += 1) {
    const code = bytes[at]!;
    if (code > ZERO && code <= NINE) hash = Math.imul(hash ^ code, 0x01_00_01_93);
    else if (code > NINE) break;
  }
  return hash ^ (hash >>> 13);
}
