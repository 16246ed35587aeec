import type { Knex } from 'knex';

/** What a load is given. */
export interface BatchInput {
  /** Reads `batch.database`, by default `legacy.database`. */
  readonly db: Knex;
  /** Aborts when fig is stopped. */
  readonly signal: AbortSignal;
}

export type BatchRow = Readonly<Record<string, unknown>>;
export type Rows = AsyncIterable<BatchRow> | Iterable<BatchRow>;

/** A read model that is loaded as a whole every now and then, from anything that can be read: no change is captured. */
export interface BatchReadModelDefinition {
  /** Name of its table, lower case with underscores. */
  readonly name: string;
  /** Raise it whenever table or load change: the new version is loaded beside the old one. */
  readonly version: number;
  readonly batch: {
    /** From the beginning of one load to the beginning of the next: `90s`, `30m`, `6h`, `1d`. */
    readonly every: string;
    /** How knex connects to what `load` reads; its driver (`mysql2`, `tedious`, ...) is yours to install. */
    readonly database?: Knex.Config | undefined;
    /** Whether a load may give no rows although the one before gave some. Default false: that is taken for a failure. */
    readonly mayBeEmpty?: boolean | undefined;
  };
  /** Declares the columns of the table. */
  readonly table: (table: Knex.CreateTableBuilder) => void;
  /** Every row there is. What is yielded is written while the rest is still read, so use a generator for many. */
  readonly load: (input: BatchInput) => Rows | PromiseLike<Rows>;
}
