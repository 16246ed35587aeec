/** `orders` and `public.orders` are the same source. */
export function qualifiedSource(table: string): string {
  return table.includes('.') ? table : `public.${table}`;
}

/** Name of the mirror table: `orders`, or `sales__orders` for a table outside `public`. */
export function mirrorTableName(source: string): string {
  return qualifiedSource(source)
    .replace(/^public\./, '')
    .replace('.', '__');
}

/** Sources that would be mirrored in one and the same table. PostgreSQL cuts names off after 63 bytes. */
export function sharedMirror(sources: readonly string[]): readonly [string, string] | undefined {
  const seen = new Map<string, string>();
  for (const source of sources) {
    const name = Buffer.from(mirrorTableName(source)).subarray(0, 63).toString('latin1');
    const other = seen.get(name);
    if (other !== undefined) return [other, source];
    seen.set(name, source);
  }
  return undefined;
}
