// What upstream and clients agree on: from an id alone both know every byte of an answer, so that an answer which belongs to
// somebody else, or lacks a part, is found out.
import { createHash } from 'node:crypto';

export const bigBytes = 1024 * 1024;
/** How many orders the read model holds and legacy answers for. */
export const orderCount = 200;
const UNIT = 16;
/** Longer than any chunk that is read at once. */
const BLOCK = 512 * 1024;

/** The order page, about 2 KB, with a digest of itself. @param {number} id */
export function orderText(id) {
  const lines = Array.from({ length: 12 + (id % 7) }, (_, n) => ({
    sku: `SKU-${id}-${n}`,
    title: `Fig tree, pot ${(id + n) % 40} cm`,
    quantity: (n % 4) + 1,
    price: '19.90',
  }));
  const order = {
    order_id: String(id),
    status: 'shipped',
    customer: { name: 'Ada Lovelace', vip: id % 2 === 0 },
    lines,
  };
  return JSON.stringify({ ...order, digest: digestOf(JSON.stringify(order)) });
}

/** @param {string | Buffer} content */
export function digestOf(content) {
  return createHash('sha1').update(content).digest('hex');
}

/** Bytes that say on every line to whom they belong. Every `UNIT` bytes they begin anew. */
export class Pattern {
  /** @type {Buffer} */
  #block;

  /** @param {string} id at most 14 characters */
  constructor(id) {
    this.#block = Buffer.alloc(BLOCK, `${id.padEnd(UNIT - 1, '.')}\n`, 'latin1');
  }

  /** @param {number} offset @param {number} length */
  at(offset, length) {
    const from = offset % UNIT;
    return this.#block.subarray(from, from + length);
  }

  /** Whether these bytes stand there. @param {number} offset @param {Buffer} bytes */
  holds(offset, bytes) {
    return this.at(offset, bytes.length).equals(bytes);
  }
}
