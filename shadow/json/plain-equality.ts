import type { RulesAt } from '../path-rules.ts';
import { TextFollower } from './text-follower.ts';
import { afterSpace, startOf } from './token-tape.ts';

/**
 * Finds JSON texts equal without making a value of them, which is what most that differ in their bytes are: written by
 * another serialiser, with keys in another order.
 */
export class PlainEquality {
  readonly #follower: TextFollower;

  constructor(follower = new TextFollower()) {
    this.#follower = follower;
  }

  /**
   * True: both are JSON (UTF-8) and equal under the rules. False says nothing: they differ, or it takes more to know; then what
   * was read is kept for whoever has the same follower, until that lets go of it.
   */
  holds(legacy: Uint8Array, candidate: Uint8Array, rules: RulesAt): boolean {
    const follower = this.#follower;
    const end = follower.begin(legacy, candidate) ? follower.follow(0, startOf(candidate), rules) : -1;
    const isEqual = end >= 0 && afterSpace(candidate, end) === candidate.length;
    if (isEqual) follower.end();
    return isEqual;
  }
}
