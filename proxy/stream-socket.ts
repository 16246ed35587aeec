import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { carrierOf, resetStream } from './session-socket.ts';

/**
 * What stands for the connection of an HTTP/2 request. To destroy or reset it ends that one stream; the connection is
 * shared with other requests, of which none may suffer.
 */
export class StreamSocket {
  readonly encrypted = true;
  readonly alpnProtocol = 'h2';
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly localPort: number | undefined;
  /** The connection that this stream shares with others. */
  readonly carrier: Socket | undefined;
  readonly #stream: ServerHttp2Stream;

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream;
    const { socket } = stream.session ?? {};
    this.remoteAddress = socket?.remoteAddress;
    this.remotePort = socket?.remotePort;
    this.localPort = socket?.localPort;
    this.carrier = carrierOf(stream.session);
  }

  /** In the place of a socket: it has what the proxy asks of one. */
  static of(stream: ServerHttp2Stream): Socket {
    return new StreamSocket(stream) as unknown as Socket;
  }

  /** The connection behind what a request has in its place. */
  static connectionOf(socket: Duplex): Duplex {
    // It is no Duplex to TypeScript, only in the place of one.
    const given: unknown = socket;
    return given instanceof StreamSocket ? (given.carrier ?? socket) : socket;
  }

  get destroyed(): boolean {
    return this.#stream.destroyed;
  }

  get writable(): boolean {
    return this.#stream.writable;
  }

  get bytesWritten(): number {
    return 0;
  }

  /** While the answer is not out, the client sees its stream reset, never an answer that seems whole. */
  destroy(): this {
    const isAnswered = this.#stream.writableFinished;
    resetStream(this.#stream, isAnswered ? constants.NGHTTP2_NO_ERROR : constants.NGHTTP2_INTERNAL_ERROR);
    return this;
  }

  destroySoon(): void {
    this.#stream.end();
  }

  on(event: string, listener: (...args: unknown[]) => void): this {
    this.#stream.on(event, listener);
    return this;
  }

  once(event: string, listener: (...args: unknown[]) => void): this {
    this.#stream.once(event, listener);
    return this;
  }

  off(event: string, listener: (...args: unknown[]) => void): this {
    this.#stream.off(event, listener);
    return this;
  }

  removeListener(event: string, listener: (...args: unknown[]) => void): this {
    return this.off(event, listener);
  }

  setTimeout(ms: number, callback?: () => void): this {
    this.#stream.setTimeout(ms, callback);
    return this;
  }

  /** Settings of the connection, which is not this request's alone. */
  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  cork(): void {}

  uncork(): void {}
}
