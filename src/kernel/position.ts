/**
 * A point in the PostgreSQL write-ahead log (an LSN), as a number of bytes. Totally ordered. The applied position of a
 * read model is always the END of a commit, see docs/decisions/0004-positions.md.
 */
export type Position = bigint;

export const positionZero: Position = 0n;

/** Reads the form PostgreSQL prints (`16/B374D848`). Throws a RangeError on anything else. */
export function parsePosition(text: string): Position {
  const parts = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text);
  if (!parts) throw new RangeError(`not a log position: ${JSON.stringify(text)}`);
  return (BigInt(`0x${parts[1]}`) << 32n) | BigInt(`0x${parts[2]}`);
}

/** The form PostgreSQL prints and accepts. */
export function formatPosition(position: Position): string {
  const high = (position >> 32n).toString(16);
  const low = (position & 0xffff_ffffn).toString(16);
  return `${high}/${low}`.toUpperCase();
}

export function laterPosition(a: Position, b: Position): Position {
  return a > b ? a : b;
}

/** What a reader may ask of a read model: how far it is, and to be woken when it is far enough. */
export interface AppliedPosition {
  /** `undefined` while the read model cannot be trusted (not built, or its projection has stopped). */
  current(): Position | undefined;
  /** Resolves true in the tick in which the position is reached, false when the budget (ms) is used up. */
  waitFor(position: Position, budgetMs: number): Promise<boolean>;
}

/** Reads where the source's log is now. Concurrent callers share one query that starts after they asked. */
export interface SourcePosition {
  /** A position that everything committed before the call lies at or before. Rejects when the source does not answer. */
  read(): Promise<Position>;
  /** Asks the source to move the stream past `read()` even when nobody writes. Never rejects. */
  nudge(): void;
}
