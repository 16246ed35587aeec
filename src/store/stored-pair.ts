// What is kept of a question and of both answers that differed, so that they can be asked and compared again. No personal
// data: values are redacted, and of answers only what the other side does not have is kept readable.

/** Why the question as it is kept is not the one that was asked. */
export type RemovedPart =
  /** A part of its target or its headers was personal. */
  | 'personal-data'
  /** It has a body, which is never kept. */
  | 'body';

export interface StoredQuestion {
  readonly method: string;
  /** Path and query, redacted. */
  readonly target: string;
  /** Those that shape the answer, redacted: name, value, name, value, ... Never cookies or credentials. */
  readonly headers: readonly string[];
  /** What is not as it was asked; with any of it the question cannot be asked again. */
  readonly removed: readonly RemovedPart[];
  /** It came with a cookie or with credentials, so without them another answer may be right. */
  readonly hadCredentials: boolean;
}

export type StoredBody =
  /** What has places: canonical JSON text, see docs/replay.md. Values that both sides have are keyed hashes. */
  | { readonly form: 'tree'; readonly kind: string; readonly text: string }
  /** What has none, text or bytes: a keyed hash, which is the same for the same content. */
  | { readonly form: 'opaque'; readonly kind: string; readonly hash: string; readonly bytes: number }
  /** More than is kept. */
  | { readonly form: 'too-large'; readonly bytes: number }
  /** It could not be decoded. */
  | { readonly form: 'unreadable' };

export interface StoredAnswer {
  readonly status: number;
  /** Keyed hash of what each compared header means, by its name in lower case; empty where the answer has none. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: StoredBody;
}

export interface StoredPair {
  readonly question: StoredQuestion;
  /** Undefined where the side gave no answer. */
  readonly legacy: StoredAnswer | undefined;
  readonly candidate: StoredAnswer | undefined;
}

/** A pair that is made when it is known to be kept. */
export interface PairSource {
  /** The same each time; undefined where too many pairs came since. */
  take(): StoredPair | undefined;
}
