import { constants } from 'node:buffer';
import { FigError } from '../../kernel/fig-error.ts';

/** Reads PostgreSQL's wire values from one message; running past the end is a protocol error, never a wrong value. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  uint8(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#take(4));
  }

  uint64(): bigint {
    return this.#bytes.readBigUInt64BE(this.#take(8));
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8));
  }

  char(): string {
    return String.fromCharCode(this.uint8());
  }

  /** A string that ends with a zero byte. */
  cstring(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw new FigError('FIG_REPLICATION_PROTOCOL', 'a string in a replication message has no end');
    const text = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return text;
  }

  /** undefined: longer than a string may be here. */
  text(length: number): string | undefined {
    if (length > constants.MAX_STRING_LENGTH) return undefined;
    const start = this.#take(length);
    return this.#bytes.toString('utf8', start, start + length);
  }

  bytes(length: number): Buffer {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  #take(length: number): number {
    const start = this.#at;
    if (length < 0 || start + length > this.#bytes.length) {
      throw new FigError(
        'FIG_REPLICATION_PROTOCOL',
        `a replication message of ${this.#bytes.length} bytes ends before byte ${start + length}`,
      );
    }
    this.#at += length;
    return start;
  }
}
