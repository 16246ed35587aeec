import type { UpstreamConnection } from './upstream-connection.ts';
import type { UpstreamExchange, UpstreamFault, UpstreamHandler, UpstreamRequest } from './upstream-exchange.ts';

interface ExchangePool {
  /** An exchange that has no connection yet is given up. Says how far it got. */
  forget(exchange: Exchange): 'queue' | 'connect';
}

/** An exchange wherever it is: waiting, connecting, on a connection, or on its second one. */
export class Exchange implements UpstreamExchange {
  readonly request: UpstreamRequest;
  readonly handler: UpstreamHandler;
  readonly #pool: ExchangePool;
  head = '';
  connection: UpstreamConnection<Exchange> | undefined;
  isRetry = false;
  isPaused = false;
  /** `performance.now()` at which all of it must be over. */
  endsBy = Number.POSITIVE_INFINITY;
  #isOver = false;

  constructor(request: UpstreamRequest, handler: UpstreamHandler, pool: ExchangePool) {
    this.request = request;
    this.handler = handler;
    this.#pool = pool;
  }

  write(chunk: Buffer): boolean {
    return this.connection?.write(chunk) ?? false;
  }

  finish(trailers: readonly string[] = []): void {
    this.connection?.finish(trailers);
  }

  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.connection) this.connection.abort();
    else this.#pool.forget(this);
  }

  pause(): void {
    this.isPaused = true;
    this.connection?.pause();
  }

  resume(): void {
    this.isPaused = false;
    this.connection?.resume();
  }

  over(): void {
    this.#isOver = true;
    this.connection = undefined;
  }

  overtime(): void {
    // Once is enough: what streams has no more to fear from the clock.
    this.endsBy = Number.POSITIVE_INFINITY;
    const error = new Error('the time for the whole request is over');
    if (this.connection) this.connection.overtime(error);
    else this.fail({ stage: this.#pool.forget(this), kind: 'overtime', error });
  }

  fail(fault: UpstreamFault): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.handler.onFailure(fault);
  }
}
