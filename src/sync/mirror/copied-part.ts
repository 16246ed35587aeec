/** What a copy reads of a legacy table. */
export interface CopiedPart {
  /** In the order in which a line has them. */
  readonly columns: readonly string[];
  /** Where the key's columns are among them. */
  readonly keyAt: readonly number[];
  /** Only columns of rows that the mirror has; else whole rows that it may lack. */
  readonly isFilling: boolean;
}

/** Whole rows, or with `fill` these columns and the key. */
export function copiedPart(
  all: readonly string[],
  key: readonly string[],
  fill: readonly string[] | undefined,
): CopiedPart {
  const columns = fill === undefined ? all : [...key, ...fill];
  return { columns, keyAt: key.map((name) => columns.indexOf(name)), isFilling: fill !== undefined };
}
