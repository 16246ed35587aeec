import type { Position } from '../../../kernel/position.ts';
import type { LaneSlice, TopicLane } from './topic-lanes.ts';

// Nothing here does I/O. Times are milliseconds of one clock of this process that is never set.

interface Level {
  readonly at: number;
  readonly ended: Position;
}

/** Up to when all that had been written to some topics was read, and which transactions had ended by then. */
export class ReadLevels {
  readonly #count: number;
  readonly #targets = new Map<TopicLane, { readonly at: number; readonly high: bigint }>();
  readonly #times = new Map<TopicLane, number>();
  #levels: Level[] = [];
  #at = -Infinity;
  #passed: number | undefined;

  constructor(lanes: number) {
    this.#count = lanes;
  }

  /** Of a read that began at `beganAt`. `ended`: the end of the last transaction whose end was read. */
  note(lane: TopicLane, { next, high }: Pick<LaneSlice, 'next' | 'high'>, beganAt: number, ended: Position): void {
    const target = this.#targets.get(lane) ?? { at: beganAt, high };
    if (next >= target.high) {
      this.#targets.delete(lane);
      this.#times.set(lane, target.at);
    } else this.#targets.set(lane, target);
    if (this.#times.size < this.#count) return;
    const at = Math.min(...this.#times.values());
    if (at <= this.#at) return;
    this.#at = at;
    const last = this.#levels.at(-1);
    // Of what has ended at the same position the latest time says all.
    if (last?.ended === ended) this.#levels.pop();
    this.#levels.push({ at, ended });
  }

  /** Everything that was written before this time has landed; undefined: that is known of no time. */
  landedAt(position: Position): number | undefined {
    const later = this.#levels.findIndex(({ ended }) => ended > position);
    const passed = later === -1 ? this.#levels.length : later;
    this.#passed = this.#levels[passed - 1]?.at ?? this.#passed;
    this.#levels = this.#levels.slice(passed);
    return this.#passed;
  }
}
