import type { Position } from '../../../kernel/position.ts';

// Nothing here does I/O. Times are milliseconds of one clock of this process that is never set.

interface Sample {
  readonly at: number;
  readonly position: Position;
}

const MOST_SAMPLES = 1_000;
/** Into the time that an event may take so many steps fit, twice: all of it is covered, however long it is. */
const STEPS = 250;

/**
 * Which writes of visitors a read model has whose events come by themselves: those that had their time to get into the
 * topics before everything in them was read.
 */
export class SettledClock {
  readonly #settleMs: number;
  #samples: Sample[] = [];
  #name: string | undefined;

  constructor(settleMs: number) {
    this.#settleMs = settleMs;
  }

  /** What the positions are of; undefined: there is none yet. */
  get name(): string | undefined {
    return this.#name;
  }

  /** `position` was known at that time: every write at or before it had been answered by then. */
  sample(at: number, position: Position, name: string): void {
    if (name !== this.#name) this.#samples = [];
    this.#name = name;
    const before = this.#samples.at(-2);
    // The one between them says little more than they do.
    if (before !== undefined && at - before.at < this.#settleMs / STEPS) this.#samples.pop();
    this.#samples.push({ at, position });
    if (this.#samples.length > MOST_SAMPLES) this.#samples.splice(0, this.#samples.length - MOST_SAMPLES);
  }

  /** The highest position up to which everything is there, if the topics were read to their ends at `levelAt`. */
  settledAt(levelAt: number): Position | undefined {
    const newest = this.#samples.findLastIndex(({ at }) => at + this.#settleMs <= levelAt);
    const found = this.#samples[newest];
    if (found === undefined) return undefined;
    // Earlier ones are of no use any more.
    this.#samples = this.#samples.slice(newest);
    return found.position;
  }
}
