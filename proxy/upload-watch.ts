import type { IncomingMessage } from 'node:http';
import { Gone } from './gone.ts';

export interface UploadLimits {
  readonly bodyBytes: number;
  readonly bodyTimeoutMs: number;
  readonly bodyBytesPerSecond: number;
}

/** What was wrong with an upload. */
export type UploadFault = 'body-too-large' | 'body-too-slow';

/** An upload that is being watched. */
export interface WatchedUpload {
  /** Aborts when the upload broke a limit; `fault` says which. */
  readonly broken: Gone;
  readonly fault: UploadFault | undefined;
  /** A part of it has arrived and is about to be sent on. */
  count(chunk: Buffer): void;
  /** The upstream has answered: the rest may come at any pace, but must still fit. */
  answered(): void;
  /** Must be called once the upload matters no more. */
  end(): void;
}

const MAX_TICK_MS = 1_000;

/**
 * Watches uploads for their size and their pace. Pace is what arrived in each stretch of time that was spent waiting for
 * the client: while the upstream is slow and the upload is held back, the client is not to blame. One timer serves all.
 */
export class UploadWatch {
  #limits: UploadLimits;
  readonly #watched = new Set<Watched>();
  #tickMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: UploadLimits) {
    this.#limits = limits;
    this.#tickMs = tickOf(limits);
  }

  /** For uploads that begin from now on. */
  change(limits: UploadLimits): void {
    this.#limits = limits;
    this.#tickMs = tickOf(limits);
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = this.#start();
  }

  /** Reads nothing: whoever does tells of every chunk. A length that is known to be too much is refused before. */
  watch(req: IncomingMessage): WatchedUpload {
    const watched = new Watched(req, this.#limits, () => this.#forget(watched));
    if (this.#limits.bodyTimeoutMs > 0) {
      this.#watched.add(watched);
      this.#timer ??= this.#start();
    }
    return watched;
  }

  #start(): NodeJS.Timeout {
    return setInterval(() => this.#tick(), this.#tickMs).unref();
  }

  #tick(): void {
    for (const watched of this.#watched) watched.waited(this.#tickMs);
  }

  #forget(watched: Watched): void {
    this.#watched.delete(watched);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function tickOf({ bodyTimeoutMs }: UploadLimits): number {
  return Math.max(10, Math.min(MAX_TICK_MS, bodyTimeoutMs / 4));
}

/** Whether the declared length alone is too much. */
export function isDeclaredTooLarge(req: IncomingMessage, limits: UploadLimits): boolean {
  return Number(req.headers['content-length'] ?? 0) > limits.bodyBytes;
}

class Watched implements WatchedUpload {
  readonly #req: IncomingMessage;
  readonly #limits: UploadLimits;
  readonly #forget: () => void;
  readonly #broken = new Gone();
  #fault: UploadFault | undefined;
  #bytes = 0;
  #bytesBefore = 0;
  #waitedMs = 0;

  constructor(req: IncomingMessage, limits: UploadLimits, forget: () => void) {
    this.#req = req;
    this.#limits = limits;
    this.#forget = forget;
    req.once('end', this.#end);
    req.once('close', this.#end);
  }

  get broken(): Gone {
    return this.#broken;
  }

  get fault(): UploadFault | undefined {
    return this.#fault;
  }

  answered(): void {
    this.#forget();
  }

  end(): void {
    this.#end();
  }

  waited(ms: number): void {
    // Not read yet (the upstream is still to say that it wants it), or held back.
    if (this.#req.readableFlowing !== true) return;
    this.#waitedMs += ms;
    const { bodyTimeoutMs, bodyBytesPerSecond } = this.#limits;
    if (this.#waitedMs < bodyTimeoutMs) return;
    const expected = Math.max(1, (bodyBytesPerSecond * this.#waitedMs) / 1_000);
    if (this.#bytes - this.#bytesBefore < expected) this.#break('body-too-slow');
    this.#bytesBefore = this.#bytes;
    this.#waitedMs = 0;
  }

  count(chunk: Buffer): void {
    this.#bytes += chunk.byteLength;
    if (this.#bytes > this.#limits.bodyBytes) this.#break('body-too-large');
  }

  readonly #end = (): void => {
    this.#req.off('end', this.#end);
    this.#req.off('close', this.#end);
    this.#forget();
  };

  #break(fault: UploadFault): void {
    this.#end();
    this.#fault = fault;
    this.#broken.abort();
  }
}
