/**
 * An hstore as PostgreSQL prints it: pairs by the length of their keys in bytes, then by those bytes.
 * Source: comparePairs and hstore_out of PostgreSQL's contrib/hstore/hstore_io.c.
 */
export function hstoreText(pairs: readonly (readonly [string, string | null])[]): string {
  return pairs
    .map(([key, value]) => ({ bytes: Buffer.from(key), key, value }))
    .toSorted((a, b) => a.bytes.length - b.bytes.length || Buffer.compare(a.bytes, b.bytes))
    .map(({ key, value }) => `${quoted(key)}=>${value === null ? 'NULL' : quoted(value)}`)
    .join(', ');
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
