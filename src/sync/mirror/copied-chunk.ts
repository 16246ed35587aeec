import type { NetTable } from './collapse-changes.ts';
import type { CopiedPart } from './copied-part.ts';

/** A copied piece of a legacy table, ready to be landed at one position. */
export interface CopiedChunk {
  readonly source: string;
  /** What the lines have. */
  readonly part: CopiedPart;
  /** Lines in COPY's text format. */
  readonly bytes: Buffer;
  /** Written over them: what the stream said meanwhile of the same rows, without large values that it left out. */
  readonly later: NetTable;
  /** How many were read. */
  readonly rows: number;
  /** Key of the last row that was read, also when that row is left out of `bytes`. */
  readonly cursor: readonly string[] | null;
  /** The source is copied. */
  readonly last: boolean;
  /** Keys that were read because they were owed. */
  readonly paid: readonly (readonly string[])[];
}
