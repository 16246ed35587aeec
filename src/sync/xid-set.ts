const PAGE_BITS = 16;
const PAGE_BYTES = 2 ** PAGE_BITS / 8;
/** 67 million ids in 8 MiB. */
const MAX_PAGES = 1_024;

/**
 * A set of the low 32 bits of transaction ids. They are given out one after the other, so a bit for each is small; the
 * pages that were begun first are forgotten first.
 */
export class XidSet {
  readonly #pages = new Map<number, Uint8Array>();

  add(xid: number): void {
    const page = this.#pages.get(xid >>> PAGE_BITS) ?? this.#begin(xid >>> PAGE_BITS);
    const bit = xid & (2 ** PAGE_BITS - 1);
    page[bit >>> 3]! |= 1 << (bit & 7);
  }

  has(xid: number): boolean {
    const page = this.#pages.get(xid >>> PAGE_BITS);
    const bit = xid & (2 ** PAGE_BITS - 1);
    return page !== undefined && (page[bit >>> 3]! & (1 << (bit & 7))) !== 0;
  }

  #begin(number: number): Uint8Array {
    const page = new Uint8Array(PAGE_BYTES);
    this.#pages.set(number, page);
    const first = this.#pages.keys().next().value;
    if (this.#pages.size > MAX_PAGES && first !== undefined) this.#pages.delete(first);
    return page;
  }
}
