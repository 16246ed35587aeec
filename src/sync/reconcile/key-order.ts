/**
 * Types that every PostgreSQL sorts in the same way. Texts are not among them: their order belongs to a collation, which
 * the two servers need not share, nor its version; nor are types that only legacy knows and the mirror keeps as text.
 */
const sameEverywhere: ReadonlySet<string> = new Set([
  'smallint',
  'integer',
  'bigint',
  'numeric',
  'uuid',
  'boolean',
  'date',
  'bytea',
  'inet',
  'macaddr',
  'macaddr8',
  'timestamp without time zone',
  'timestamp with time zone',
  'time without time zone',
]);

/** Whether ranges of keys of these types (as the mirror calls them) are the same on both sides. */
export function ordersAlike(types: readonly string[]): boolean {
  return types.every((type) => sameEverywhere.has(type.replace(/\(\d+(,-?\d+)?\)/, '')));
}
