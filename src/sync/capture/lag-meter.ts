import type { Position } from '../../kernel/position.ts';

interface Sample {
  readonly position: Position;
  readonly atMs: number;
}

const KEPT = 3_600;

/** Tells how far behind a position is, in bytes of log and in seconds, from samples of where the source was when. */
export class LagMeter {
  #samples: Sample[] = [];
  #latest: Sample | undefined;

  sample(position: Position, atMs: number): void {
    this.#latest = { position, atMs };
    this.#samples.push(this.#latest);
    if (this.#samples.length > KEPT) this.#samples.splice(0, this.#samples.length / 2);
  }

  /** Undefined until the source has been asked once. */
  lagOf(applied: Position, nowMs: number): { bytes: number; seconds: number } | undefined {
    if (!this.#latest) return undefined;
    const behind = this.#samples.findIndex(({ position }) => position > applied);
    if (behind < 0) {
      // Level with the last sample, which says nothing about the time since: silence of the source is lag, too.
      const silent = (nowMs - this.#latest.atMs) / 1000;
      return { bytes: 0, seconds: silent > 5 ? silent : 0 };
    }
    const first = this.#samples[behind]!;
    return { bytes: Number(this.#latest.position - applied), seconds: Math.max(0, (nowMs - first.atMs) / 1000) };
  }

  /** Samples that everyone has passed are of no more use. */
  forgetBefore(applied: Position): void {
    const behind = this.#samples.findIndex(({ position }) => position > applied);
    this.#samples = behind < 0 ? [] : this.#samples.slice(behind);
  }
}
