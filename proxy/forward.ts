import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { RawHeaders } from '../src/kernel/exchange.ts';
import { endToEnd } from './hop-by-hop.ts';
import { BrokenUpload } from './upload.ts';
import { upstreamFailure, type UpstreamFailure } from './upstream-failure.ts';

interface AnswerHead {
  readonly status: number;
  readonly message: string;
  /** Without the headers of the connection. */
  readonly headers: RawHeaders;
}

export interface ForwardJob {
  readonly method: string;
  readonly target: string;
  readonly headers: string[];
  readonly body: Readable | null;
  readonly res: ServerResponse;
  readonly gone: AbortSignal;
  /** Header lines to add. Nothing is sent to the client before it resolves; must not reject. */
  readonly beforeHead?: ((head: AnswerHead) => Promise<string[]>) | undefined;
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

/** Sends a request to the upstream and streams its answer to the client. Never rejects, never tries twice. */
export function forward(upstream: Dispatcher, job: ForwardJob): Promise<ForwardOutcome> {
  return new Promise((resolve) => {
    const relay = new Relay(job, resolve);
    job.gone.addEventListener('abort', relay.clientGone, { once: true });
    if (job.gone.aborted) {
      relay.clientGone();
      return;
    }
    const { method, target: path, headers, body } = job;
    upstream.dispatch({ method, path, headers, body }, relay);
  });
}

class Relay implements Dispatcher.DispatchHandler {
  readonly #job: ForwardJob;
  readonly #resolve: (outcome: ForwardOutcome) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #head: AnswerHead | undefined;
  #isHeadSent = false;
  #isSettled = false;
  #hasEnded = false;
  /** What arrived while the head was held back. undici is paused then, so this is next to nothing. */
  readonly #early: Buffer[] = [];

  constructor(job: ForwardJob, resolve: (outcome: ForwardOutcome) => void) {
    this.#job = job;
    this.#resolve = resolve;
  }

  readonly clientGone = (): void => {
    this.#settle({ kind: 'client-gone', head: this.#head });
    this.#job.body?.destroy();
    this.#controller?.abort(new Error('the client is gone'));
  };

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // The client may have left while the request waited for a connection; then upstream never sees it.
    if (this.#isSettled) controller.abort(new Error('the client is gone'));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, _: unknown, message = ''): void {
    // Interim answers are not forwarded yet.
    if (status < 200 || this.#isSettled) return;
    this.#head = { status, message: sendableMessage(message), headers: endToEnd(textHeaders(controller.rawHeaders)) };
    this.#job.onHead?.(this.#head);
    if (this.#job.beforeHead === undefined) {
      this.#sendHead(this.#head, []);
      return;
    }
    const head = this.#head;
    controller.pause();
    void this.#holdHead(this.#job.beforeHead(head), head, controller);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isSettled) return;
    if (!this.#isHeadSent) {
      this.#early.push(chunk);
      return;
    }
    this.#job.tap?.(chunk);
    if (this.#job.res.write(chunk)) return;
    controller.pause();
    this.#job.res.once('drain', () => controller.resume());
  }

  onResponseEnd(): void {
    this.#hasEnded = true;
    if (this.#isHeadSent) this.#finish();
  }

  onResponseError(_: unknown, error: Error): void {
    if (this.#isSettled) return;
    if (this.#job.body?.errored instanceof BrokenUpload) {
      this.#settle({ kind: 'client-gone', head: this.#head });
      return;
    }
    const begun = this.#isHeadSent ? 'response-body' : 'response-headers';
    const failure = upstreamFailure(this.#controller === undefined ? 'connect' : begun, error);
    this.#settle({ kind: 'upstream-failed', head: this.#isHeadSent ? this.#head : undefined, failure });
    // undici leaves the body of a request alone that never got a connection.
    this.#job.body?.destroy();
    if (this.#isHeadSent) resetConnection(this.#job.res);
  }

  async #holdHead(
    adding: Promise<string[]>,
    head: AnswerHead,
    controller: Dispatcher.DispatchController,
  ): Promise<void> {
    this.#sendHead(head, await adding);
    controller.resume();
  }

  #sendHead(head: AnswerHead, added: readonly string[]): void {
    if (this.#isSettled) return;
    const { res } = this.#job;
    try {
      // The upstream's Date is the answer's date; without one there is none.
      res.sendDate = false;
      res.writeHead(head.status, head.message, [...head.headers, ...added]);
    } catch (error) {
      const failure = upstreamFailure('response-headers', error);
      this.#settle({ kind: 'upstream-failed', head: undefined, failure });
      this.#controller?.abort(new Error('the answer cannot be passed on', { cause: error }));
      return;
    }
    this.#isHeadSent = true;
    if (isBodiless(this.#job.method, head.status)) {
      // The head is all there is. undici takes the Content-Length of a 304 for a promise of bytes and reports an error
      // when they do not come (it costs that connection, nothing else), so the answer must not wait for its end.
      this.#finish();
      return;
    }
    for (const chunk of this.#early) {
      this.#job.tap?.(chunk);
      res.write(chunk);
    }
    if (this.#hasEnded) this.#finish();
    // An event stream may have nothing to say for long after its head; an ordinary body is here in the same tick.
    else process.nextTick(() => !res.headersSent || res.writableEnded || res.flushHeaders());
  }

  #finish(): void {
    if (this.#isSettled) return;
    this.#job.res.end();
    this.#settle({ kind: 'relayed', head: this.#head! });
  }

  #settle(outcome: ForwardOutcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#job.gone.removeEventListener('abort', this.clientGone);
    this.#resolve(outcome);
  }
}

/** A cut answer must never look like one that ended: the client sees its connection reset. */
export function resetConnection(res: ServerResponse): void {
  if (res.socket) res.socket.resetAndDestroy();
  else res.req.socket.destroy();
}

export function isBodiless(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304;
}

function textHeaders(raw: Dispatcher.DispatchController['rawHeaders']): string[] {
  return Array.isArray(raw) ? raw.map((part) => (typeof part === 'string' ? part : part.toString('latin1'))) : [];
}

/** undici reads the status message as UTF-8; what then does not fit a header is not worth failing the answer for. */
function sendableMessage(message: string): string {
  return message.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?');
}
