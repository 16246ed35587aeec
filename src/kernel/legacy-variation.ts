/** How a value of legacy's varies from one answer to the next although nothing was written. */
export type VariationKind =
  /** Both are the time at which they were asked for. */
  | 'time'
  /** Another text of the same make each time: a token, a random id. */
  | 'token'
  /** A number that only grows. */
  | 'counter'
  /** The same elements in another order. */
  | 'order'
  /** Of the whole answer: legacy comes to agree with the candidate later, so it was legacy that was behind. `first`: for how long. */
  | 'cache'
  /** The other way round, where nobody knows how far the read model is: it lags more than is waited for. */
  | 'lag'
  | 'other';

/** A place in the answers of a route at which legacy differed from itself. Holds no personal data. */
export interface LegacyVariation {
  readonly path: string;
  readonly kind: VariationKind;
  /** Whether the candidate, asked before and after, shows that the data did not change. Without it a write may be the cause. */
  readonly isWitnessed: boolean;
  /** Both values, shortened and redacted; undefined: there was none. */
  readonly first: string | undefined;
  readonly second: string | undefined;
}

/** What variations are kept apart by: the answers of a route, under the code and the rules that run now. */
export interface VariationScope {
  readonly feature: string;
  readonly fingerprint: string;
  readonly route: string;
}

export interface VariationTally extends VariationScope {
  readonly path: string;
  readonly kind: VariationKind;
  /** How often it varied, and in how many of these the candidate shows that the data did not. */
  readonly varied: number;
  readonly witnessed: number;
  /** The latest two values, as in `LegacyVariation`. */
  readonly first: string | undefined;
  readonly second: string | undefined;
}

export interface SandwichTally extends VariationScope {
  /** How often legacy was asked twice around the candidate. */
  readonly asked: number;
}

export interface VariationCounts {
  readonly sandwiches: readonly SandwichTally[];
  readonly variations: readonly VariationTally[];
}
