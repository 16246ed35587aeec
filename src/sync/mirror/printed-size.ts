/** Types of a fixed size. Their texts are a few times as long at most. */
const small =
  /^(?:boolean|smallint|integer|bigint|oid|real|double precision|uuid|date|time\b[^[]*|timestamp\b[^[]*|interval|inet|cidr|macaddr8?)$/;
const SMALL_BYTES = 40;
/** Stored in so much, a value that was not compressed is small whatever its type. */
const LARGE_WHEN_STORED = 200;

/**
 * About how many bytes a column's text takes, as an expression that is cheap: PostgreSQL knows the length of a text without
 * fetching it from where large values are kept, and the stored size of everything.
 */
export function printedSize(column: string, type: string): string {
  if (small.test(type)) return String(SMALL_BYTES);
  if (/^(?:text|character varying|character)\b[^[]*$/.test(type)) return `coalesce(octet_length(${column}), 0)`;
  if (type === 'bytea') return `2 * coalesce(octet_length(${column}), 0)`;
  const stored = `coalesce(pg_column_size(${column}), 0)`;
  return `CASE WHEN ${stored} > ${LARGE_WHEN_STORED} THEN octet_length(${column}::text) ELSE ${stored} END`;
}
