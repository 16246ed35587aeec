import type { RawRow } from './change.ts';

/** A copied piece of a legacy table, ready to be landed at one position. */
export interface CopiedChunk {
  readonly source: string;
  readonly rows: readonly RawRow[];
  /** Key of the last row that was read, also when that row is left out of `rows`. */
  readonly cursor: readonly string[] | null;
  readonly last: boolean;
}

/** What came of looking after the dead letters. */
export type Mending =
  /** Nothing was due. */
  | 'rested'
  /** One letter was tried again, with or without success. */
  | 'tried'
  /** What kept the read model out of use is gone: it is built again from the mirror. */
  | 'lifted'
  /** Somebody asked to try again what only copying from legacy can mend. */
  | 'copy-again';
