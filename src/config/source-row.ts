/** One row as captured: int2, int4 as numbers, booleans as booleans, everything else as PostgreSQL prints it. */
export type SourceRow = Readonly<Record<string, string | number | boolean | null>>;

export type KeyValue = string | number;
