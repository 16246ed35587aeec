// Nothing here does I/O.

/** What happened to legacy's database while one request was alone in the proxy, and in a span at least as long just before it. */
export interface WritePair {
  /** Whether a transaction that writes was finished. */
  readonly inRequest: boolean;
  readonly inControl: boolean;
}

/** Shares of pairs that are bet on: of those that differ, so many have the write in the request. */
const bets = [0.75, 0.9, 0.99] as const;
/** A route that does not write is held to write once in so many routes, however long it is watched. */
const logThreshold = Math.log(10_000);
/** Fewer prove nothing to an operator, whatever the odds say. */
const MIN_PAIRS = 20;
/** After so many without proof a route is left alone. */
const MAX_PAIRS = 400;
export type WriteVerdict = 'watching' | 'innocent' | 'writes';

/**
 * Whether a route writes, from pairs of spans. If it does not, a background job is as likely to write in either span of a pair, or
 * more so in the longer one before: of the pairs that differ at most half have the write in the request. That is the sign
 * test of matched pairs (McNemar 1947) as an e-process (test martingale, Ville 1939; Grünwald et al. 2024):
 * `E = 1/3 * sum over q in {0.75, 0.9, 0.99} of (2q)^s (2(1 - q))^f`, with s pairs for and f against. It may be looked at after each pair.
 */
export class WriteEvidence {
  #pairs = 0;
  #for = 0;
  #against = 0;

  get pairs(): number {
    return this.#pairs;
  }

  note({ inRequest, inControl }: WritePair): void {
    this.#pairs += 1;
    if (inRequest && !inControl) this.#for += 1;
    if (inControl && !inRequest) this.#against += 1;
  }

  verdict(): WriteVerdict {
    if (this.#pairs < MIN_PAIRS) return 'watching';
    if (this.#logE() >= logThreshold) return 'writes';
    return this.#pairs < MAX_PAIRS ? 'watching' : 'innocent';
  }

  #logE(): number {
    const terms = bets.map((q) => this.#for * Math.log(2 * q) + this.#against * Math.log(2 * (1 - q)));
    const most = Math.max(...terms);
    return most + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - most), 0) / bets.length);
  }
}
