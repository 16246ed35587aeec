import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Admission } from './admission.ts';

const WINDOW_MS = 250;
/** Milliseconds between two looks at how late the loop is. */
const RESOLUTION_MS = 10;
/** Mean lateness of this thread's loop over a window from which on users wait for the processor. */
const MAX_LATE_MS = 3;

export interface PacedAdmissionOptions {
  readonly maxPerSecond: number;
  readonly featureMaxPerSecond?: ReadonlyMap<string, number> | undefined;
  /** Whether the comparator has more to do than it gets done. */
  readonly isBehind: () => boolean;
}

/** Admission as time passes: its budget follows how late the event loop is that serves the users. */
export class PacedAdmission {
  readonly #admission: Admission;
  readonly #isBehind: () => boolean;
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  #tickedAt = performance.now();

  constructor({ maxPerSecond, featureMaxPerSecond, isBehind }: PacedAdmissionOptions) {
    this.#admission = new Admission({ maxPerSecond, featureMaxPerSecond });
    this.#isBehind = isBehind;
    this.#delay.enable();
    this.#timer = setInterval(() => this.#tick(), WINDOW_MS);
    this.#timer.unref();
  }

  get perSecond(): number {
    return this.#admission.perSecond;
  }

  admits(feature: string, route: string): boolean {
    return this.#admission.admits(feature, route);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#delay.disable();
  }

  #tick(): void {
    const now = performance.now();
    // What is recorded is the time from one look to the next; NaN when there was none.
    const lateMs = this.#delay.mean / 1e6 - RESOLUTION_MS;
    this.#delay.reset();
    this.#admission.tick(now - this.#tickedAt, lateMs > MAX_LATE_MS || this.#isBehind());
    this.#tickedAt = now;
  }
}
