/** An array of texts, nulls and arrays of them, as PostgreSQL prints it. */
export type ArrayElement = string | null | readonly ArrayElement[];

/** The same white space as `array_isspace`. */
const needsQuotes = /^$|^null$|["\\{}, \t\n\r\v\f]/i;

/**
 * As PostgreSQL prints an array whose indexes begin at 1; other bounds are lost on the way through Debezium.
 * Source: array_out of PostgreSQL's arrayfuncs.c.
 */
export function arrayText(elements: readonly ArrayElement[]): string {
  return `{${elements.map(elementText).join(',')}}`;
}

function elementText(element: ArrayElement): string {
  if (element === null) return 'NULL';
  if (typeof element !== 'string') return arrayText(element);
  return needsQuotes.test(element) ? `"${element.replaceAll(/["\\]/g, String.raw`\$&`)}"` : element;
}
