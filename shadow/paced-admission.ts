import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Admission } from './admission.ts';
import { runDelayMs } from './run-delay.ts';
import { strainOf, type StrainReason } from './user-strain.ts';

const WINDOW_MS = 250;
/** Milliseconds between two looks at how late the loop is. */
const RESOLUTION_MS = 10;
/** How much the last window counts in what the thread waited for a processor: one that collects garbage is no trend. */
const FORGETTING = 0.25;
/** How long it is told after a strain that there was one: windows with and without one follow each other. */
const TOLD_MS = 5_000;

export interface PacedAdmissionOptions {
  readonly maxPerSecond: number;
  readonly featureMaxPerSecond?: ReadonlyMap<string, number> | undefined;
  /** Whether the comparator has more to do than it gets done. */
  readonly isBehind: () => boolean;
  /** Milliseconds that this thread waited for a processor since it began. Default: what the system says. */
  readonly waitedMs?: (() => number) | undefined;
}

/** Admission as time passes: its budget follows what the thread that serves users waits for, and how late its loop is. */
export class PacedAdmission {
  readonly #admission: Admission;
  readonly #maxPerSecond: number;
  readonly #isBehind: () => boolean;
  readonly #waitedMs: () => number;
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  #tickedAt = performance.now();
  #waitedBefore: number;
  #waitedShare = 0;
  #strain: StrainReason | undefined;
  #lastStrain: { readonly reason: StrainReason; readonly at: number } | undefined;

  constructor({ maxPerSecond, featureMaxPerSecond, isBehind, waitedMs = runDelayMs }: PacedAdmissionOptions) {
    this.#admission = new Admission({ maxPerSecond, featureMaxPerSecond });
    this.#maxPerSecond = maxPerSecond;
    this.#isBehind = isBehind;
    this.#waitedMs = waitedMs;
    this.#waitedBefore = waitedMs();
    this.#delay.enable();
    this.#timer = setInterval(() => this.#tick(), WINDOW_MS);
    this.#timer.unref();
  }

  get perSecond(): number {
    return this.#admission.perSecond;
  }

  /** Whether users had to wait in the last window. */
  get isStrained(): boolean {
    return this.#strain !== undefined;
  }

  /** What keeps the budget below its bound; undefined: nothing but its having been little used. */
  get heldBackBy(): StrainReason | undefined {
    const last = this.#lastStrain;
    const isTold = last !== undefined && performance.now() - last.at < TOLD_MS && this.perSecond < this.#maxPerSecond;
    return isTold ? last.reason : undefined;
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
    const elapsedMs = now - this.#tickedAt;
    this.#tickedAt = now;
    this.#strain = strainOf({
      waitedShare: this.#shareWaited(elapsedMs),
      // What is recorded is the time from one look to the next; NaN when there was none.
      lateMs: this.#delay.mean / 1e6 - RESOLUTION_MS,
      isBehind: this.#isBehind(),
    });
    this.#delay.reset();
    if (this.#strain !== undefined) this.#lastStrain = { reason: this.#strain, at: now };
    this.#admission.tick(elapsedMs, this.isStrained);
  }

  #shareWaited(elapsedMs: number): number {
    const waited = this.#waitedMs();
    const share = (waited - this.#waitedBefore) / elapsedMs;
    this.#waitedBefore = waited;
    this.#waitedShare += FORGETTING * (share - this.#waitedShare);
    return this.#waitedShare;
  }
}
