import type { RawRow } from './change.ts';

/** A copied piece of a legacy table, ready to be landed at one position. */
export interface CopiedChunk {
  readonly source: string;
  readonly rows: readonly RawRow[];
  /** Key of the last row that was read, also when that row is left out of `rows`. */
  readonly cursor: readonly string[] | null;
  readonly last: boolean;
}
