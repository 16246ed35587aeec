/** Times are hours, sizes are counts; texts are short and redacted. */
export type FactValue = string | number | boolean | null;

/**
 * What a question and legacy's answer to it were like, by name:
 *
 * | name | value |
 * |---|---|
 * | `?page`, `:id` | a query parameter, a parameter of the path |
 * | `hour` | of the day, UTC, at which it was asked: 0 to 23 |
 * | `method`, `status` | `GET`; `2xx` |
 * | `cookie`, `authorization` | whether the question had one |
 * | `$.currency`, `$.rows[*].currency` | a scalar of the answer; of one element of each array |
 * | `$.rows length` | elements of the array |
 *
 * What is absent has no name here, unless `…` is one: then something was left out.
 */
export type Facts = Readonly<Record<string, FactValue>>;

/** The name under which `Facts` say that they are not complete. */
export const leftOut = '…';

/** What one comparison adds to a group of differences. */
export interface GroupFacts {
  /** As of the difference, see verdict.ts. */
  readonly path: string;
  readonly kind: string;
  /** Of the answer, and of one of the elements that differ. */
  readonly differs: Facts;
  /** The same of an element of the same array that does not differ; undefined: there is none, or it is no array. */
  readonly beside: Facts | undefined;
  /** What the sides have there: JSON text, shortened and redacted. */
  readonly legacy: string | undefined;
  readonly candidate: string | undefined;
}

/** Facts that are kept of one distinct comparison. */
export interface EvidenceFacts {
  /** Of a match: the answer, and one element of each of its arrays. */
  readonly match?: Facts | undefined;
  /** Of a mismatch or an error. */
  readonly groups?: readonly GroupFacts[] | undefined;
}

/** Distinct matches per route whose facts are kept. */
export const matchesSampled = 300;
/** Distinct comparisons per group of differences whose facts are kept. */
export const mismatchesSampled = 100;
