const CRLF2 = Buffer.from('\r\n\r\n');
const CRLF = Buffer.from('\r\n');

/**
 * Reads HTTP/1.1 answers to the letter: a body is as long as its head says, or it is wrong. Throws on anything that is no
 * HTTP. `ask()` names the method of the request whose answer is next, or nothing when none is expected.
 */
export class AnswerReader {
  #events;
  #held = Buffer.alloc(0);
  #state = 'head';
  /** Bytes that are still to come of the body, or of the chunk. */
  #owed = 0;

  /** @param {{ ask: () => string | undefined, interim: (status: number) => void, head: (head: any) => void, body: (chunk: Buffer) => void, end: () => void }} events */
  constructor(events) {
    this.#events = events;
  }

  /** After a 101 everything is the tunnel's. */
  get rest() {
    return this.#held;
  }

  push(bytes) {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    while (this.#held.length > 0 && this.#state !== 'tunnel') if (!this.#step()) return;
  }

  /** The connection has ended. Whether that is where the answer ends. */
  close() {
    if (this.#state !== 'until-close') return false;
    this.#finish();
    return true;
  }

  #step() {
    switch (this.#state) {
      case 'head':
        return this.#head();
      case 'chunk-size':
        return this.#chunkSize();
      case 'chunk-end':
        return this.#line('the end of a chunk', (line) => line === '', 'chunk-size');
      case 'trailers':
        return this.#trailers();
      default:
        return this.#body();
    }
  }

  #head() {
    const end = this.#held.indexOf(CRLF2);
    if (end < 0) return false;
    const [first, ...lines] = this.#held.latin1Slice(0, end).split('\r\n');
    this.#held = this.#held.subarray(end + 4);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
    if (!status) throw new Error(`no status line: ${first.slice(0, 60)}`);
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const method = this.#events.ask();
    if (method === undefined) throw new Error(`an answer nobody asked for: ${first}`);
    if (status >= 100 && status < 200 && status !== 101) {
      this.#events.interim(status);
      return true;
    }
    this.#events.head({ status, headers });
    const length = headers.get('content-length');
    const isChunked = headers.get('transfer-encoding') !== undefined;
    if (isChunked && length !== undefined) throw new Error('both a length and chunks');
    if (status === 101) this.#state = 'tunnel';
    else if (method === 'HEAD' || status === 204 || status === 304) this.#finish();
    else if (isChunked) this.#state = 'chunk-size';
    else if (length === undefined) this.#state = 'until-close';
    else this.#await(Number(length), 'length');
    return true;
  }

  #await(bytes, state) {
    this.#owed = bytes;
    this.#state = state;
    if (bytes === 0) this.#finish();
  }

  #chunkSize() {
    const end = this.#held.indexOf(CRLF);
    if (end < 0) return false;
    const line = this.#held.latin1Slice(0, end);
    if (!/^[0-9a-f]+$/i.test(line)) throw new Error(`no size of a chunk: ${line.slice(0, 40)}`);
    this.#held = this.#held.subarray(end + 2);
    this.#owed = Number.parseInt(line, 16);
    this.#state = this.#owed === 0 ? 'trailers' : 'chunk';
    return true;
  }

  #body() {
    const chunk = this.#state === 'until-close' ? this.#held : this.#held.subarray(0, this.#owed);
    this.#held = this.#held.subarray(chunk.length);
    this.#events.body(chunk);
    if (this.#state === 'until-close') return true;
    this.#owed -= chunk.length;
    if (this.#owed > 0) return true;
    if (this.#state === 'chunk') this.#state = 'chunk-end';
    else this.#finish();
    return true;
  }

  #trailers() {
    const end = this.#held.indexOf(CRLF);
    if (end < 0) return false;
    this.#held = this.#held.subarray(end + 2);
    if (end === 0) this.#finish();
    return true;
  }

  #line(what, isRight, next) {
    const end = this.#held.indexOf(CRLF);
    if (end < 0) return false;
    if (!isRight(this.#held.latin1Slice(0, end))) throw new Error(`not ${what}`);
    this.#held = this.#held.subarray(end + 2);
    this.#state = next;
    return true;
  }

  #finish() {
    this.#state = 'head';
    this.#events.end();
  }
}
