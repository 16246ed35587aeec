/** What is applied in one go at most. A transaction of the source is never divided, so a batch may be larger by one. */
export interface BatchLimits {
  /** Changes of rows. */
  readonly rows: number;
  /** Bytes on the wire; also of what may wait in memory while a batch is being applied. */
  readonly bytes: number;
  /** How long changes are gathered before they are applied: a slow target gets fewer commits, readers wait longer. */
  readonly waitMs: number;
}

export const batchDefaults: BatchLimits = { rows: 4_000, bytes: 4 * 1024 * 1024, waitMs: 0 };
