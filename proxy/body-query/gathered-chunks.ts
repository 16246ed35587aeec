/** From here on a chunk is kept as it came. */
const SMALL_BYTES = 1_024;
const BLOCK_BYTES = 4_096;

/**
 * Keeps the chunks of a body. A buffer takes some 400 bytes besides what is in it, and a client may send chunks of one byte;
 * so small ones are put together, and what is kept takes little more than the body has bytes.
 */
export class GatheredChunks {
  readonly #chunks: Buffer[] = [];
  #block = Buffer.alloc(0);
  #used = 0;

  add(chunk: Buffer): void {
    if (chunk.byteLength >= SMALL_BYTES) {
      this.#close();
      this.#chunks.push(chunk);
      return;
    }
    if (this.#used + chunk.byteLength > this.#block.byteLength) {
      this.#close();
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    }
    this.#used += chunk.copy(this.#block, this.#used);
  }

  /** Everything so far, in order. To be called once, last. */
  take(): Buffer[] {
    this.#close();
    return this.#chunks;
  }

  /** What is nearly empty lets go of the rest of its block. */
  #close(): void {
    const used = this.#block.subarray(0, this.#used);
    if (this.#used > 0) this.#chunks.push(this.#used * 2 < BLOCK_BYTES ? Buffer.from(used) : used);
    this.#block = Buffer.alloc(0);
    this.#used = 0;
  }
}
