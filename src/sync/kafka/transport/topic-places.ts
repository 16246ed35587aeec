import type { Position } from '../../../kernel/position.ts';
import type { TopicPlace } from './message-reader.ts';

const MOST = 200_000;

/** Where in the topic each position of a stream is, in ascending order. No I/O. */
export class TopicPlaces {
  #places: TopicPlace[] = [];

  /** Of a position that lies after all before, or is the same. */
  add(place: TopicPlace): void {
    if (this.#places.at(-1)?.position === place.position) this.#places.pop();
    this.#places.push(place);
    // Somebody who is so far behind reads more than needed when the session is over.
    if (this.#places.length > MOST) this.#places.splice(0, MOST / 2);
  }

  /** The last that is not after the position. */
  upTo(position: Position): TopicPlace | undefined {
    return this.#places[this.#countUpTo(position) - 1];
  }

  /** Nobody asks any more for what lies before. */
  forgetBefore(position: Position): void {
    const count = this.#countUpTo(position);
    if (count > 1) this.#places.splice(0, count - 1);
  }

  #countUpTo(position: Position): number {
    let [low, high] = [0, this.#places.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#places[middle]!.position <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
