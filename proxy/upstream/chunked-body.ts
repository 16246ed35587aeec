import { MalformedResponse, parseHeaderLines } from './response-head.ts';

export interface ChunkedBodyOptions {
  readonly onData: (chunk: Buffer) => void;
  readonly onEnd: (trailers: readonly string[]) => void;
  readonly maxTrailerBytes: number;
}

/** A chunk-size line with its extensions, which nobody uses, in bytes. */
const MAX_SIZE_LINE = 1_024;
const sizeLine = /^([\dA-Fa-f]{1,13})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const controls = /[\0-\x08\v\f\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n/;

type State = 'size' | 'data' | 'data-end' | 'trailers' | 'done';

/** Takes the chunks off a body (RFC 9112 section 7.1). Strict about line ends, which chunked smuggling lives on. */
export class ChunkedBody {
  readonly #options: ChunkedBodyOptions;
  #state: State = 'size';
  /** An unfinished line, or unfinished trailers. */
  #text = '';
  #bytesLeft = 0;

  constructor(options: ChunkedBodyOptions) {
    this.#options = options;
  }

  /** Returns how many bytes at the end are not the body's any more. Throws MalformedResponse. */
  push(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length && this.#state !== 'done') {
      if (this.#state === 'data') at = this.#takeData(bytes, at);
      else if (this.#state === 'data-end') at = this.#takeDataEnd(bytes, at);
      else if (this.#state === 'size') at = this.#takeSize(bytes, at);
      else at = this.#takeTrailers(bytes, at);
    }
    return bytes.length - at;
  }

  #takeData(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#bytesLeft);
    this.#bytesLeft -= end - at;
    if (this.#bytesLeft === 0) this.#state = 'data-end';
    this.#options.onData(bytes.subarray(at, end));
    return end;
  }

  #takeDataEnd(bytes: Buffer, at: number): number {
    const expected = this.#text === '' ? 13 : 10;
    if (bytes[at] !== expected) throw new MalformedResponse('a chunk that is longer than its size');
    this.#text = expected === 13 ? '\r' : '';
    if (expected === 10) this.#state = 'size';
    return at + 1;
  }

  #takeSize(bytes: Buffer, at: number): number {
    const { line, next } = this.#takeLine(bytes, at, MAX_SIZE_LINE, 'a chunk-size line');
    if (line === undefined) return next;
    const found = sizeLine.exec(line);
    if (!found) throw new MalformedResponse(`no chunk size: ${JSON.stringify(line.slice(0, 60))}`);
    this.#bytesLeft = Number.parseInt(found[1]!, 16);
    if (!Number.isSafeInteger(this.#bytesLeft)) throw new MalformedResponse('a chunk size beyond counting');
    this.#state = this.#bytesLeft === 0 ? 'trailers' : 'data';
    return next;
  }

  #takeTrailers(bytes: Buffer, at: number): number {
    const before = this.#text.length;
    const text = this.#text + bytes.toString('latin1', at);
    const isEmpty = text.startsWith('\r\n');
    const end = isEmpty ? 0 : text.indexOf('\r\n\r\n', Math.max(0, before - 3));
    if (end > this.#options.maxTrailerBytes || (end === -1 && text.length > this.#options.maxTrailerBytes)) {
      throw new MalformedResponse(`trailers of more than ${this.#options.maxTrailerBytes} bytes`);
    }
    if (end === -1) {
      this.#text = text;
      return bytes.length;
    }
    const lines = text.slice(0, end);
    if (controls.test(lines)) throw new MalformedResponse('the trailers hold a control character');
    this.#state = 'done';
    this.#text = '';
    this.#options.onEnd(isEmpty ? [] : parseHeaderLines(lines, 0));
    return at + end + (isEmpty ? 2 : 4) - before;
  }

  /** A whole line without its end; undefined while it is not complete. */
  #takeLine(bytes: Buffer, at: number, limit: number, what: string): { line: string | undefined; next: number } {
    const feed = bytes.indexOf(10, at);
    const end = feed === -1 ? bytes.length : feed + 1;
    if (this.#text.length + end - at > limit) throw new MalformedResponse(`${what} of more than ${limit} bytes`);
    this.#text += bytes.toString('latin1', at, end);
    if (feed === -1) return { line: undefined, next: end };
    const line = this.#text;
    this.#text = '';
    if (!line.endsWith('\r\n')) throw new MalformedResponse(`${what} that ends in a bare LF`);
    return { line: line.slice(0, -2), next: end };
  }
}
