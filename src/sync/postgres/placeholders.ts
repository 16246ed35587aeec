/** Names of tables and columns may contain question marks; only those outside of quotes are parameters. */
const quotedOrMark = /"(?:[^"]|"")*"|\?/g;

/** `?` as `$1`, `$2`, ... */
export function numberedPlaceholders(sql: string): string {
  let n = 0;
  return sql.replaceAll(quotedOrMark, (part) => (part === '?' ? `$${(n += 1)}` : part));
}

/** For knex, which takes every question mark for a parameter that is not escaped. */
export function escapedNames(sql: string): string {
  return sql.replaceAll(quotedOrMark, (part) => (part === '?' ? part : part.replaceAll('?', String.raw`\?`)));
}
