import { ChunkedBody } from './chunked-body.ts';
import { MalformedResponse, parseResponseHead, type ResponseHead } from './response-head.ts';

/** What a parser tells of the one response it reads. */
export interface ResponseEvents {
  /** A 1xx; any number may come before the head. */
  onInterim(head: ResponseHead): void;
  onHead(head: ResponseHead): void;
  /** `isLast` when the end is known with this chunk; `onEnd` follows in any case. */
  onBody(chunk: Buffer, isLast: boolean): void;
  /** The response is complete. Trailers as names and values in turn. */
  onEnd(trailers: readonly string[]): void;
}

const endOfHead = Buffer.from('\r\n\r\n');
/** More interim answers than this are no conversation any more. */
const MAX_INTERIM = 32;

/**
 * Reads one HTTP/1 response from the bytes of a connection (RFC 9112). Holds back nothing but an unfinished head, an
 * unfinished chunk-size line and unfinished trailers, each bounded by `maxHeadBytes`.
 */
export class ResponseParser {
  readonly #method: string;
  readonly #events: ResponseEvents;
  readonly #maxHeadBytes: number;
  #held: Buffer | undefined;
  #head: ResponseHead | undefined;
  #bytesLeft = 0;
  #chunked: ChunkedBody | undefined;
  #interims = 0;
  #isDone = false;

  constructor(method: string, events: ResponseEvents, maxHeadBytes: number) {
    this.#method = method;
    this.#events = events;
    this.#maxHeadBytes = maxHeadBytes;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Throws MalformedResponse; nothing may be pushed after that. What comes after the end is an error, too. */
  push(bytes: Buffer): void {
    let rest = bytes;
    while (this.#head === undefined) {
      const afterHead = this.#takeHead(rest);
      if (afterHead === undefined) return;
      rest = afterHead;
    }
    if (this.#isDone) {
      if (rest.length > 0) throw new MalformedResponse('bytes after the end of the response');
      return;
    }
    if (rest.length > 0) this.#takeBody(rest, this.#head);
  }

  /** The connection has ended. Returns whether the response is complete by that. */
  close(): boolean {
    if (!this.#isDone && this.#head?.framing.kind === 'until-close') this.#finish([]);
    return this.#isDone;
  }

  /** Returns what follows the head; undefined while it is not complete. */
  #takeHead(bytes: Buffer): Buffer | undefined {
    const from = Math.max(0, (this.#held?.length ?? 0) - endOfHead.length + 1);
    const all = this.#held === undefined ? bytes : Buffer.concat([this.#held, bytes]);
    const end = all.indexOf(endOfHead, from);
    if (end > this.#maxHeadBytes || (end === -1 && all.length > this.#maxHeadBytes)) {
      throw new MalformedResponse(`a head of more than ${this.#maxHeadBytes} bytes`);
    }
    if (end === -1) {
      // What was read is borrowed.
      this.#held = this.#held === undefined ? Buffer.from(bytes) : all;
      return undefined;
    }
    this.#held = undefined;
    const head = parseResponseHead(all.toString('latin1', 0, end), this.#method);
    if (head.status < 200) this.#interim(head);
    else this.#begin(head);
    return all.subarray(end + endOfHead.length);
  }

  #interim(head: ResponseHead): void {
    this.#interims += 1;
    // Nobody asked for another protocol: what follows a 101 would be taken for an answer.
    if (head.status === 101) throw new MalformedResponse('101 Switching Protocols, which was not asked for');
    if (this.#interims > MAX_INTERIM) throw new MalformedResponse(`more than ${MAX_INTERIM} interim answers`);
    this.#events.onInterim(head);
  }

  #begin(head: ResponseHead): void {
    this.#head = head;
    const { framing } = head;
    if (framing.kind === 'length') this.#bytesLeft = framing.bytes;
    if (framing.kind === 'chunked') {
      this.#chunked = new ChunkedBody({
        onData: (chunk) => this.#events.onBody(chunk, false),
        onEnd: (trailers) => this.#finish(trailers),
        maxTrailerBytes: this.#maxHeadBytes,
      });
    }
    this.#events.onHead(head);
    if (framing.kind === 'none') this.#finish([]);
  }

  #takeBody(bytes: Buffer, { framing }: ResponseHead): void {
    if (this.#chunked) {
      const rest = this.#chunked.push(bytes);
      if (rest > 0) throw new MalformedResponse('bytes after the end of the response');
      return;
    }
    if (framing.kind === 'until-close') {
      this.#events.onBody(bytes, false);
      return;
    }
    const isTooMuch = bytes.length > this.#bytesLeft;
    const chunk = isTooMuch ? bytes.subarray(0, this.#bytesLeft) : bytes;
    this.#bytesLeft -= chunk.length;
    this.#events.onBody(chunk, this.#bytesLeft === 0);
    if (this.#bytesLeft === 0) this.#finish([]);
    if (isTooMuch) throw new MalformedResponse('bytes after the end of the response');
  }

  #finish(trailers: readonly string[]): void {
    this.#isDone = true;
    this.#events.onEnd(trailers);
  }
}
