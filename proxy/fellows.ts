import type { Position } from '../src/kernel/position.ts';

/** What the end of a write means for the reads of its visitors. */
export type WriteEnd =
  /** It is committed at or before this position, which was read from the source at `readAt` or later. */
  | { readonly kind: 'fenced'; readonly fence: Position; readonly readAt: number; readonly log: string }
  /** It may commit until then, at a position nobody knows. */
  | { readonly kind: 'owed'; readonly until: number };

/** What a proxy is told of its fellows. None of it may throw. */
export interface FellowListener {
  /** The phases have changed: called before the fellows are told that this proxy knows. */
  learn(): void;
  /** A write of these visitors is about to be passed on by a fellow. Repeated when it gets more visitors. */
  began(write: string, visitors: readonly string[]): void;
  ended(write: string, end: WriteEnd): void;
  /** Writes of these visitors ended badly. */
  owed(visitors: readonly string[] | 'everybody', until: number): void;
}

/**
 * Other proxies that serve the same visitors on the same port: a visitor who wrote through one reads through another, and
 * only a cookie would tell who they are. See docs/decisions/0029-workers-share-fences.md for why no order of events lets a
 * read miss its visitor's write.
 */
export interface Fellows {
  attach(listener: FellowListener): void;
  /** Whether everything that fellows had announced until a moment ago is known here. While not, legacy answers. */
  isCurrent(): boolean;
  /** Number of the phases that are in force here. They are numbered in the order in which they were told. */
  readonly learned: number;
  /** Whether every fellow knows these phases, or later ones. */
  haveLearned(number: number): boolean;
  /** Announces a write. Resolves when no fellow can serve these visitors without knowing of it. Never rejects. */
  begin(write: number, visitors: readonly string[]): Promise<void>;
  end(write: number, end: WriteEnd): void;
  /** Announces a write that ended badly and had not been announced. */
  owe(visitors: readonly string[], until: number): void;
}
