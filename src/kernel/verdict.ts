/** What a comparison came to. A verdict may admit ignorance; it never guesses. */
export const verdicts = ['match', 'mismatch', 'stale', 'raced', 'undetermined', 'error', 'skipped'] as const;
export type Verdict = (typeof verdicts)[number];

export type DifferenceKind =
  /** The status codes differ. */
  | 'status'
  /** A compared header differs. */
  | 'header'
  /** Both have a value of the same type, and they differ. */
  | 'value'
  /** The types differ (string and number, null and object, ...). */
  | 'type'
  /** Legacy has it, the candidate does not. */
  | 'missing'
  /** The candidate has it, legacy does not. */
  | 'extra'
  /** Two arrays hold the same elements in another order; what is shown is from the first to the last that moved. */
  | 'order'
  /** The candidate shows what belongs to somebody whom legacy shows nothing of. */
  | 'owner'
  /** Bodies differ that have no paths in common: text, bytes, two types. */
  | 'body'
  /** The candidate gave what legacy answers another visitor. */
  | 'visitor'
  /** The candidate failed to answer where legacy answered. */
  | 'error';

export interface Difference {
  readonly kind: DifferenceKind;
  /** Pattern of the place, array positions collapsed: `$.items[*].total`, `status`, `header content-type`. */
  readonly path: string;
  /** The exact place, e.g. `$.items[3].total`. */
  readonly at: string;
  /** JSON text, shortened and redacted; `undefined` where the side has nothing. */
  readonly legacy: string | undefined;
  readonly candidate: string | undefined;
  /** The candidate reveals what legacy refuses (2xx against 401, 403, 404, or against a redirect to sign in) or what is another visitor's, or the path is declared critical. */
  readonly critical: boolean;
}
