/** What is said of a header row: by the `header` parameter of text/csv (RFC 4180 section 3), or nothing. */
export type HeaderRow = 'present' | 'absent' | undefined;

/** A letter first, and nothing that looks like data: no date, no e-mail address, no sentence. */
const nameLike = /^[\p{L}_][\p{L}\p{N}_ .()#%/-]{0,63}$/u;

/** What columns are called everywhere, and hardly any value is: no surname among them. */
const usualNames = [
  /^(id|uuid|guid|sku|name|(first|last|full)[ _-]?name|surname|description|date|timestamp|created|updated|status)$/i,
  /^(amount|total|subtotal|quantity|qty|currency)$/i,
  /[ _-](id|name|date|type|number)$/i,
  /_(at|on|no)$/i,
  /[a-z](Id|Name|Date|At|On)$/,
];

/** A number, a sum of money, a date, a yes or no: what stands in a column, and names none. */
const valueLike = /^[+\-\p{Sc}]?\p{Nd}[\p{Nd}.,:/ TZ%\p{Sc}+-]*$|^(true|false)$/iu;
/** Stands in a column of such, where there is none. */
const noValue = /^(n\/?a|nan|nil|none|null|unknown|undefined|inf(inity)?|true|false)$/i;

/**
 * Whether a first row is surely names. They are shown in paths, where values must never be. It is when the answer says so, or when
 * each cell looks like a name and one of them is known for one: to rules and the redactor (`isKnown`), to everybody, or because nothing
 * but numbers, dates and the like stands below it. Two columns at least, because a single one may as well be a list of words.
 * Names are compared as well, so that a wrong guess never hides a difference.
 */
export function isHeaderRow(
  row: readonly string[],
  rows: readonly (readonly string[])[],
  said: HeaderRow,
  isKnown: (name: string) => boolean,
): boolean {
  if (said === 'absent' || new Set(row).size !== row.length) return false;
  if (said === 'present') return true;
  if (row.length < 2 || !row.every((cell) => nameLike.test(cell))) return false;
  return row.some((cell, at) => isKnown(cell) || isUsual(cell) || standsAboveValues(cell, rows, at));
}

function isUsual(cell: string): boolean {
  return usualNames.some((names) => names.test(cell));
}

function standsAboveValues(name: string, rows: readonly (readonly string[])[], at: number): boolean {
  if (noValue.test(name)) return false;
  const below = rows.map((row) => row[at] ?? '').filter((cell) => cell !== '');
  return below.length > 0 && below.every((cell) => valueLike.test(cell));
}
