import type { RawHeaders } from '../../src/kernel/exchange.ts';
import type { ResponseHead } from './response-head.ts';

/** One request to the upstream. Its headers are sent as they are, so whoever makes it has taken out what must not go on. */
export interface UpstreamRequest {
  readonly method: string;
  /** Path and query exactly as the upstream is to see them. */
  readonly target: string;
  /** Names and values in turn, Content-Length or Transfer-Encoding among them as `body` says. */
  readonly headers: RawHeaders;
  /** How the body's end is told: not at all, by Content-Length, or by chunks, which are framed here. */
  readonly body: 'none' | 'length' | 'chunked';
}

export type FailureStage =
  /** No connection was free in time, or too many requests waited for one. */
  | 'queue'
  | 'connect'
  /** While the request was being sent; no final head has come. */
  | 'request-body'
  /** The request is sent and its answer waited for; no final head has come. */
  | 'response-headers'
  | 'response-body';

export interface UpstreamFault {
  readonly stage: FailureStage;
  readonly kind:
    | 'timeout'
    /** The time for all of it is over. */
    | 'overtime'
    /** The upstream, or the network, ended the connection. */
    | 'cut'
    /** The upstream said what is no HTTP/1, or could be read in two ways. */
    | 'malformed'
    /** Too many wait already. */
    | 'full'
    /** The request has what cannot be sent. */
    | 'unsendable'
    /** The pool is being closed. */
    | 'closed';
  readonly error: Error;
}

/** What is told of an exchange, in order. After `onEnd` or `onFailure`, one of which comes, or `abort`: nothing more but `onRead`. */
export interface UpstreamHandler {
  /** A 1xx; also the upstream's word on an Expect. */
  onInterim(head: ResponseHead): void;
  onHead(head: ResponseHead): void;
  /** `isLast`: the body ends with this chunk, and `onEnd` follows at once. The memory is borrowed until `onRead`. */
  onBody(chunk: Buffer, isLast: boolean): void;
  /** All that came with one read was told. Returns whether memory of that read is in use still; it is then left to its user. */
  onRead(): boolean;
  /** All that has arrived was told, and more is to come. */
  onQuiet(): void;
  onEnd(trailers: RawHeaders): void;
  /** There is room for more of the request's body after `write` said there was none; also once when it may begin. */
  onDrain(): void;
  onFailure(fault: UpstreamFault): void;
}

/** The caller's end of an exchange. */
export interface UpstreamExchange {
  /** Sends a part of the body. False: wait for `onDrain`. */
  write(chunk: Buffer): boolean;
  /** The body is complete. Trailers only with `chunked`. */
  finish(trailers?: RawHeaders): void;
  /** The user is gone: the upstream's connection is closed at once, nothing more is told. */
  abort(): void;
  /** Reads no further until `resume`; what has been read is still told. */
  pause(): void;
  resume(): void;
}
