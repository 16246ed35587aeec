/** Keeps the chunks of a body up to a limit. Past it everything kept is let go at once. */
export class CaptureBody {
  readonly #limitBytes: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #isTooLarge = false;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get isTooLarge(): boolean {
    return this.#isTooLarge;
  }

  add(chunk: Buffer): void {
    if (this.#isTooLarge) return;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#limitBytes) {
      this.#isTooLarge = true;
      this.#chunks = [];
      return;
    }
    // It is borrowed.
    this.#chunks.push(Buffer.from(chunk));
  }

  /** A copy of the whole body, which shares no memory with the socket's buffers. */
  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks, this.#isTooLarge ? 0 : this.#bytes);
  }
}
