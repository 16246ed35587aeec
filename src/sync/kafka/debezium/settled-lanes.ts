import type { LaneSlice, TopicLane } from './topic-lanes.ts';

/**
 * Whether of every topic that has been read which it had at some moment: the first read that began after it tells how much
 * that is. No I/O.
 */
export class SettledLanes {
  readonly #targets = new Map<TopicLane, bigint>();
  readonly #done = new Set<TopicLane>();
  readonly #count: number;

  constructor(lanes: number) {
    this.#count = lanes;
  }

  /** Of a read that began after this was made. */
  note(lane: TopicLane, { next, high }: Pick<LaneSlice, 'next' | 'high'>): void {
    const target = this.#targets.get(lane) ?? high;
    this.#targets.set(lane, target);
    if (next >= target) this.#done.add(lane);
  }

  get isSettled(): boolean {
    return this.#done.size >= this.#count;
  }
}
