// Nothing here does I/O. JSON that two readers could take differently is told as such, never read one way.

export type JsonMembers =
  | { readonly kind: 'members'; readonly members: ReadonlyMap<string, unknown> }
  | { readonly kind: 'array' }
  /** One name twice: readers differ in which they take. */
  | { readonly kind: 'repeated' }
  /** No JSON, or no object. */
  | { readonly kind: 'none' };

/** The members of an object in JSON. Does not go down into their values, however deep those are; never throws. */
export function jsonMembers(text: string): JsonMembers {
  let value: unknown;
  try {
    // V8's parser keeps its own stack, so that depth is no danger to ours.
    value = JSON.parse(text);
  } catch {
    return { kind: 'none' };
  }
  if (Array.isArray(value)) return { kind: 'array' };
  if (typeof value !== 'object' || value === null) return { kind: 'none' };
  const members = new Map<string, unknown>(Object.entries(value));
  return countMembers(text) === members.size ? { kind: 'members', members } : { kind: 'repeated' };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** How many members an object has as written; the text is known to be one. */
function countMembers(text: string): number {
  let depth = 0;
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COLON && depth === 1) count += 1;
    else if (code === 0x7b || code === 0x5b) depth += 1;
    else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return count;
}

/** The index of the quote that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (let code = text.charCodeAt(at); code !== QUOTE; code = text.charCodeAt(at)) at += code === BACKSLASH ? 2 : 1;
  return at;
}
