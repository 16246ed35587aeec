import { ServerResponse, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { RawHeaders } from '../src/kernel/exchange.ts';
import type { Gone } from './gone.ts';
import type { BodyAhead, SentAhead } from './body-query/read-ahead.ts';
import { endToEnd } from './hop-by-hop.ts';
import { relayInterim } from './interim.ts';
import { resetSocket } from './reset-socket.ts';
import { relayedTrailers, trailerEntries } from './trailers.ts';
import { upstreamFailure, type UpstreamFailure } from './upstream-failure.ts';
import type { ResponseHead } from './upstream/response-head.ts';
import { countTaken } from './upstream/taken-memory.ts';
import type { UpstreamExchange, UpstreamFault, UpstreamHandler } from './upstream/upstream-exchange.ts';
import type { UpstreamPool } from './upstream/upstream-pool.ts';

interface AnswerHead {
  readonly status: number;
  readonly message: string;
  /** Without the headers of the connection. */
  readonly headers: string[];
  readonly isEventStream: boolean;
}

export interface ForwardJob {
  readonly method: string;
  readonly target: string;
  /** As the upstream gets them, without the headers of the connection. */
  readonly headers: RawHeaders;
  /** The user's request, whose body is sent on as it comes. */
  readonly req: IncomingMessage;
  readonly body: 'none' | 'length' | 'chunked';
  /** What of the body has been read already; unless that is all of it, `req` is paused. */
  readonly ahead?: SentAhead | undefined;
  readonly res: ServerResponse;
  readonly gone: Gone;
  /** Ends it all as well, when the request itself is at fault. */
  readonly broken?: Gone | undefined;
  /** Header lines to add. Nothing is sent to the client before it resolves; must not reject. */
  readonly beforeHead?: ((head: AnswerHead) => Promise<string[]>) | undefined;
  /** Sees every chunk of the request's body before it is sent on; may end it all by `gone`, must not throw. */
  readonly onUpload?: ((chunk: Buffer) => void) | undefined;
  /** Told of the upstream's answer before any of it is sent; must not throw. */
  readonly onHead?: ((head: AnswerHead) => void) | undefined;
  /** Sees every chunk of the answer's body; must not throw. */
  readonly tap?: ((chunk: Buffer) => void) | undefined;
}

export type ForwardOutcome =
  /** The answer was passed on to its end. */
  | { readonly kind: 'relayed'; readonly head: AnswerHead }
  | { readonly kind: 'client-gone'; readonly head: AnswerHead | undefined }
  /** With a head, part of the answer went out and the client's connection was reset. */
  | { readonly kind: 'upstream-failed'; readonly head: AnswerHead | undefined; readonly failure: UpstreamFailure };

/** Sends a request to the upstream and streams its answer to the client. Never rejects. */
export function forward(upstream: UpstreamPool, job: ForwardJob): Promise<ForwardOutcome> {
  return new Promise((resolve) => {
    relay(upstream, job, resolve);
  });
}

/** The same without a promise. `settled` is called once, perhaps before this returns; must not throw. */
export function relay(upstream: UpstreamPool, job: ForwardJob, settled: (outcome: ForwardOutcome) => void): void {
  if (job.gone.aborted) {
    settled({ kind: 'client-gone', head: undefined });
    return;
  }
  const handler = new Relay(job, settled);
  job.gone.onAbort(handler.clientGone);
  job.broken?.onAbort(handler.clientGone);
  handler.begin(upstream.send(job, handler));
}

class Relay implements UpstreamHandler {
  readonly #job: ForwardJob;
  readonly #settled: (outcome: ForwardOutcome) => void;
  #exchange: UpstreamExchange | undefined;
  #head: AnswerHead | undefined;
  #isHeadSent = false;
  #isFlushed = false;
  #isSettled = false;
  #isUploading = false;
  #hasContinued = false;
  #needsDrain = false;
  #isDraining = false;
  /** Whatever goes out of one read goes out in one write. */
  #corked: Socket | undefined;
  #trailers: RawHeaders | undefined;
  /** What arrived while the head was held back; reading is paused then, so this is next to nothing. */
  #early: Buffer[] | undefined;

  constructor(job: ForwardJob, settled: (outcome: ForwardOutcome) => void) {
    this.#job = job;
    this.#settled = settled;
  }

  begin(exchange: UpstreamExchange): void {
    this.#exchange = exchange;
  }

  readonly clientGone = (): void => {
    if (this.#isSettled) return;
    this.#settle({ kind: 'client-gone', head: this.#head });
    this.#exchange?.abort();
  };

  onInterim(head: ResponseHead): void {
    if (head.status === 100) this.#hasContinued = true;
    if (!this.#isSettled) relayInterim(this.#job.res, head);
  }

  onHead(head: ResponseHead): void {
    const headers = relayedTrailers(endToEnd(head.headers), head, this.#job.req);
    const { status, message, isEventStream } = head;
    this.#head = { status, message, headers, isEventStream };
    this.#job.onHead?.(this.#head);
    if (this.#job.beforeHead === undefined) {
      this.#sendHead(this.#head);
      return;
    }
    this.#early = [];
    this.#exchange?.pause();
    void this.#holdHead(this.#job.beforeHead(this.#head), this.#head);
  }

  onBody(chunk: Buffer, isLast: boolean): void {
    if (this.#isSettled) return;
    if (this.#early) {
      this.#early.push(Buffer.from(chunk));
      return;
    }
    this.#job.tap?.(chunk);
    const { res } = this.#job;
    // A stream of HTTP/2 does not tell when it is done with what it was given.
    const own = res instanceof ServerResponse ? chunk : Buffer.from(chunk);
    if (isLast && this.#isHeadSent) {
      res.end(own);
      this.#settle({ kind: 'relayed', head: this.#head! });
      return;
    }
    if (this.#corked === undefined && res instanceof ServerResponse && res.socket) {
      this.#corked = res.socket;
      this.#corked.cork();
    }
    if (!res.write(own)) this.#needsDrain = true;
  }

  onRead(): boolean {
    const { res, req } = this.#job;
    this.#corked?.uncork();
    this.#corked = undefined;
    // What the kernel has taken at once is gone: there is nothing to wait for, though node asked for a pause.
    const isWaiting = res.writableLength > 0;
    if (this.#needsDrain && isWaiting) this.#awaitDrain();
    this.#needsDrain = false;
    // An answer that has ended lets go of its socket, which may still have to send it.
    return res instanceof ServerResponse && (isWaiting || req.socket.writableLength > 0);
  }

  /** An event stream may have nothing to say for long after its head; an ordinary body came with it. */
  onQuiet(): void {
    if (!this.#isHeadSent || this.#isFlushed) return;
    this.#isFlushed = true;
    const { res } = this.#job;
    if (!res.writableEnded) res.flushHeaders();
  }

  onEnd(trailers: RawHeaders): void {
    this.#trailers = trailers;
    if (!this.#early) this.#finish();
  }

  /** There is room for the user's body, or for more of it. */
  onDrain(): void {
    if (this.#job.body === 'none' || this.#isSettled) return;
    const { req, ahead } = this.#job;
    if (this.#isUploading) {
      ahead?.release();
      req.resume();
      return;
    }
    this.#isUploading = true;
    const hasRoom = ahead === undefined || this.#sendAhead(ahead);
    if (ahead?.isWhole === true) {
      this.#exchange?.finish(trailerEntries(req.rawTrailers).flat());
      return;
    }
    req.on('data', (chunk: Buffer) => {
      this.#job.onUpload?.(chunk);
      if (this.#isSettled) return;
      countTaken(chunk.length);
      if (this.#exchange?.write(chunk) === false && !this.#isSettled) req.pause();
    });
    req.once('end', () => this.#exchange?.finish(trailerEntries(req.rawTrailers).flat()));
    req.once('close', () => {
      if (!req.readableEnded) this.clientGone();
    });
    // A broken upload is told by `close`; without a listener its error would be thrown.
    req.on('error', () => undefined);
    // Whoever read ahead has paused it, and listening does not undo that. Without room, the next `onDrain` does.
    if (ahead === undefined || !hasRoom) return;
    ahead.release();
    req.resume();
  }

  onFailure(fault: UpstreamFault): void {
    if (this.#isSettled) return;
    const failure = upstreamFailure(fault);
    this.#settle({ kind: 'upstream-failed', head: this.#isHeadSent ? this.#head : undefined, failure });
    if (this.#isHeadSent) resetConnection(this.#job.res);
  }

  /** False: there is no room for more. What was read ahead is bounded, so it goes out as one. */
  #sendAhead({ chunks }: BodyAhead): boolean {
    let hasRoom = true;
    for (const chunk of chunks.splice(0)) hasRoom = this.#exchange?.write(chunk) !== false;
    return hasRoom;
  }

  #awaitDrain(): void {
    if (this.#isDraining || this.#isSettled) return;
    this.#isDraining = true;
    this.#exchange?.pause();
    this.#job.res.once('drain', () => {
      this.#isDraining = false;
      this.#exchange?.resume();
    });
  }

  async #holdHead(adding: Promise<string[]>, head: AnswerHead): Promise<void> {
    const added = await adding;
    if (this.#isSettled) return;
    const early = this.#early ?? [];
    this.#early = undefined;
    this.#sendHead(head, added);
    for (const chunk of early) this.onBody(chunk, false);
    this.onRead();
    if (this.#trailers) this.#finish();
    else {
      this.onQuiet();
      this.#exchange?.resume();
    }
  }

  #sendHead({ status, message, headers }: AnswerHead, added?: readonly string[]): void {
    if (this.#isSettled) return;
    const { res, req } = this.#job;
    // Whoever was not told to go on sends the body or does not: what comes next on the connection cannot be told.
    if (!req.complete && req.headers.expect !== undefined && !this.#hasContinued) res.shouldKeepAlive = false;
    try {
      // The upstream's Date is the answer's date; without one there is none.
      res.sendDate = false;
      res.writeHead(status, message, added === undefined ? headers : [...headers, ...added]);
    } catch (error) {
      this.#exchange?.abort();
      const fault = error instanceof Error ? error : new Error(String(error));
      const failure = upstreamFailure({ stage: 'response-headers', kind: 'malformed', error: fault });
      this.#settle({ kind: 'upstream-failed', head: undefined, failure });
      return;
    }
    this.#isHeadSent = true;
  }

  #finish(): void {
    if (this.#isSettled) return;
    const { res } = this.#job;
    const trailers = trailerEntries(this.#trailers ?? []);
    if (trailers.length > 0) res.addTrailers(trailers);
    res.end();
    this.#settle({ kind: 'relayed', head: this.#head! });
  }

  #settle(outcome: ForwardOutcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#job.gone.off(this.clientGone);
    this.#job.broken?.off(this.clientGone);
    this.#settled(outcome);
  }
}

/** A cut answer must never look like one that ended: the client sees its connection reset. */
export function resetConnection(res: ServerResponse): void {
  if (res.socket) resetSocket(res.socket);
  else res.req.socket.destroy();
}

export function isBodiless(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304;
}
