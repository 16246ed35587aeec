/** Types whose arrays PostgreSQL reads from the same text as their values; other values travel as text and are cast. */
const direct = new Set([
  'bigint',
  'integer',
  'smallint',
  'text',
  'numeric',
  'boolean',
  'uuid',
  'date',
  'timestamp without time zone',
  'timestamp with time zone',
  'double precision',
  'real',
  'jsonb',
  'json',
]);

/** The element type in which values of a column travel, e.g. `numeric` for `numeric(12,2)`. */
export function elementType(type: string): string {
  // Not numeric(12,2)[], which is an array itself.
  const base = /^numeric\([^)]*\)$/.test(type) ? 'numeric' : type;
  return direct.has(base) ? base : 'text';
}

const special = /["\\]/;
const specials = /["\\]/g;

/** An array as PostgreSQL reads it. Every element is quoted, so that an empty text, or the text NULL, is what it is. */
export function textArray(values: readonly (string | null)[]): string {
  let text = '{';
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (i > 0) text += ',';
    if (value === null || value === undefined) text += 'NULL';
    else text += special.test(value) ? `"${value.replaceAll(specials, String.raw`\$&`)}"` : `"${value}"`;
  }
  return `${text}}`;
}
