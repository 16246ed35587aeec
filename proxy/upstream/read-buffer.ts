/** What a read gets at first; enough for most answers with their head. */
const SMALL_BYTES = 16 * 1024;
/** What a read gets once an answer has filled that; as much as node itself reads at once. */
const LARGE_BYTES = 64 * 1024;

/** Told of bytes that were read, which are valid during the call. Returns whether some of them are in use beyond it. */
export type ReadListener = (bytes: Buffer) => boolean;

/**
 * The memory that a connection reads into, again and again. Node would take new memory for every read, 64 KiB however little
 * there is to read, and leave it to the garbage collector. What is in use beyond a read is left to whoever uses it.
 */
export class ReadBuffer {
  #memory = Buffer.allocUnsafeSlow(SMALL_BYTES);
  #bytes = SMALL_BYTES;
  #isInUse = false;
  #mostRead = 0;
  #listener: ReadListener | undefined;

  /** For the option `onread` of a new socket. */
  readonly onread = {
    buffer: (): Buffer => {
      if (this.#isInUse || this.#memory.length !== this.#bytes) this.#memory = Buffer.allocUnsafeSlow(this.#bytes);
      this.#isInUse = false;
      return this.#memory;
    },
    callback: (bytes: number): boolean => {
      if (bytes > this.#mostRead) this.#mostRead = bytes;
      if (bytes === SMALL_BYTES) this.#bytes = LARGE_BYTES;
      this.#isInUse = this.#listener?.(this.#memory.subarray(0, bytes)) ?? false;
      return true;
    },
  };

  /** Must be called before the first bytes can arrive. */
  listen(listener: ReadListener): void {
    this.#listener = listener;
  }

  /** An answer is over. When it was small, the next one is taken to be small as well. */
  rest(): void {
    if (this.#mostRead < SMALL_BYTES) this.#bytes = SMALL_BYTES;
    this.#mostRead = 0;
  }
}
