import type { Clock } from '../../src/kernel/clock.ts';
import type { Side } from '../../src/kernel/exchange.ts';
import type { CursorToken } from './mask-cursors.ts';

const MAX_PAIRS = 10_000;
const MAX_AGE_MS = 15 * 60_000;

interface Pair {
  readonly legacy: string;
  readonly candidate: string;
  readonly expiresAt: number;
}

/**
 * Which token of the candidate's stands where legacy has its own. Bounded, the oldest go first; and they expire, since
 * nobody turns a page a quarter of an hour later and expects it to be there.
 */
export class CursorBook {
  readonly #clock: Clock;
  readonly #bySide: Readonly<Record<Side, Map<string, Pair>>> = { legacy: new Map(), candidate: new Map() };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Tokens of the two answers to one question, by their place. */
  remember(
    feature: string,
    legacy: ReadonlyMap<string, CursorToken>,
    candidate: ReadonlyMap<string, CursorToken>,
  ): void {
    const expiresAt = this.#clock.now() + MAX_AGE_MS;
    for (const [place, { parameter, token }] of legacy) {
      // A candidate may have it elsewhere, by a rule; the only one that is asked with so is the same.
      const theirs = candidate.get(place) ?? (onlyOne(legacy, parameter) && onlyOne(candidate, parameter));
      if (theirs === undefined) continue;
      const pair = { legacy: token, candidate: theirs.token, expiresAt };
      this.#add('legacy', nameOf(feature, parameter, token), pair);
      this.#add('candidate', nameOf(feature, parameter, theirs.token), pair);
    }
  }

  /** The token that `of` asks with in place of this one, whichever side it came from; undefined: nobody knows it. */
  tokenOf(of: Side, feature: string, parameter: string, token: string): string | undefined {
    const name = nameOf(feature, parameter, token);
    // A token of its own first: two sides may use the same text for different places.
    const pair = this.#find(of, name) ?? this.#find(of === 'legacy' ? 'candidate' : 'legacy', name);
    return pair?.[of];
  }

  #find(side: Side, name: string): Pair | undefined {
    const pair = this.#bySide[side].get(name);
    return pair && pair.expiresAt > this.#clock.now() ? pair : undefined;
  }

  #add(side: Side, name: string, pair: Pair): void {
    const pairs = this.#bySide[side];
    pairs.delete(name);
    pairs.set(name, pair);
    if (pairs.size > MAX_PAIRS) pairs.delete(pairs.keys().next().value!);
  }
}

function onlyOne(tokens: ReadonlyMap<string, CursorToken>, parameter: string): CursorToken | undefined {
  const found = [...tokens.values()].filter((each) => each.parameter === parameter);
  return found.length === 1 ? found[0] : undefined;
}

function nameOf(feature: string, parameter: string, token: string): string {
  return JSON.stringify([feature, parameter, token]);
}
