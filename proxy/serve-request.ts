import type { IncomingMessage, ServerResponse } from 'node:http';
import { describeError } from '../src/kernel/fig-error.ts';
import { answerError } from './answer.ts';
import type { ClientConnections } from './client-connections.ts';
import { clientRequest, type ClientRequest } from './client-request.ts';
import { resetConnection } from './forward.ts';
import { handleRequest } from './handle-request.ts';
import type { Place } from './load.ts';
import type { ProxyParts } from './proxy-parts.ts';
import { refuseLoad } from './refuse-load.ts';
import { pathOf } from './request-path.ts';
import type { Handled, SeenRequest } from './seen-request.ts';

export interface ServingDesk {
  readonly parts: ProxyParts;
  readonly connections: ClientConnections;
  /** Must not throw. */
  readonly began: () => void;
  /** Must not throw. */
  readonly observe: (seen: SeenRequest) => void;
}

/** Runs the main line for one request and tells the observer when the answer is out. Never throws. */
export function serveRequest(desk: ServingDesk, req: IncomingMessage, res: ServerResponse): void {
  new Serving(desk, req, res).begin();
}

/**
 * One request from its arrival until its answer has gone out. An object with two ends to wait for, not a chain of promises:
 * that chain was a fifth of what forwarding a request cost.
 */
class Serving {
  readonly #desk: ServingDesk;
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #startedAt = performance.now();
  #client: ClientRequest | undefined;
  #place: Place | undefined;
  #handled: Handled | undefined;
  /** `performance.now()`; 0: the answer is not out yet. */
  #closedAt = 0;

  constructor(desk: ServingDesk, req: IncomingMessage, res: ServerResponse) {
    this.#desk = desk;
    this.#req = req;
    this.#res = res;
  }

  begin(): void {
    const { parts, connections, began } = this.#desk;
    began();
    const gone = connections.begin(this.#req, this.#res, this.#closed);
    const client = clientRequest(this.#req, this.#res, gone, parts.originOf(this.#req));
    this.#client = client;
    const place = parts.load.enter(this.#req.socket);
    if (typeof place === 'string') {
      this.#done(refuseLoad(parts.load, client, place));
      return;
    }
    this.#place = place;
    connections.inTurn(this.#req, gone, () => this.#handle(client, place));
  }

  #handle(client: ClientRequest, place: Place): void {
    if (client.gone.aborted) {
      this.#done({ status: undefined, servedBy: 'legacy', reason: 'refused' });
      return;
    }
    try {
      handleRequest(this.#desk.parts, client, place, { done: this.#done, failed: this.#failed });
    } catch (error) {
      this.#failed(error);
    }
  }

  readonly #closed = (): void => {
    this.#closedAt = performance.now();
    if (this.#handled) this.#end(this.#handled);
  };

  readonly #done = (handled: Handled): void => {
    this.#handled = handled;
    if (this.#closedAt > 0) this.#end(handled);
  };

  /** A fault in the main line costs one request and is told, it never takes the process down. */
  readonly #failed = (error: unknown): void => {
    if (this.#handled) return;
    const { log } = this.#desk.parts;
    const message = 'the proxy failed to handle the request';
    const requestId = this.#client?.id ?? '';
    log.error({ request: requestId, error: describeError(error) }, message);
    if (this.#res.headersSent) resetConnection(this.#res);
    else answerError(this.#res, { status: 500, code: 'FIG_PROXY_FAULT', message, requestId });
    this.#done({ status: 500, servedBy: 'legacy', reason: 'refused' });
  };

  #end({ status, servedBy, fallback, reason }: Handled): void {
    const { observe, connections } = this.#desk;
    const { method = 'GET', url = '/' } = this.#req;
    const tookMs = this.#closedAt - this.#startedAt;
    const aborted = !this.#res.writableFinished;
    // Not spread: for every request that is most of what observing it costs.
    observe({ method, path: pathOf(url), status, servedBy, fallback, reason, tookMs, aborted });
    this.#place?.release();
    connections.end();
  }
}
