/** What stands for the part of a path that tells one thing from another. */
const ID = ':id';
const MAX_SEGMENTS = 12;
const MAX_SEGMENT_LENGTH = 60;
/** Where everything goes that the budget has no room for. */
export const otherRoutes = '(other)';

const idPatterns: readonly RegExp[] = [
  /^[+-]?\d+([.,]\d+)?$/,
  /^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$/i,
  /^(0x)?[0-9a-f]{12,}$/i,
  // A date, with or without a time: 2026-11-23, 20261123T101500Z, 2026-11-23T10:15:00.000+01:00.
  /^\d{4}-\d{1,2}(-\d{1,2})?([T ].*)?$/,
  /^\d{8}T\d{4,6}Z?$/,
  // An e-mail address, which `logo@2x.png` is not.
  /^[^@\s/]+@(?!\dx\.)[^@\s/]+\.[^@\s/]+$/,
  // A JSON web token: three long parts, or two that begin as such tokens do and any signature.
  /^[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}$/,
  /^eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*$/,
  // A short prefix and a number: ORD-000123, inv_42.
  /^[a-z]{1,8}[-_]?\d{3,}$/i,
  /^[a-z]{1,8}[-_]\d+$/i,
];

/** Most segments are one of these, and need no further look. */
const plainWord = /^[a-z]{1,11}(?:[-_][a-z]{1,11}){0,2}$/;
const digits = /^\d+$/;
const version = /^v\d{1,3}$/i;
const fileName = /^(.+)\.([a-z][a-z0-9]{0,7})$/i;

/**
 * The pattern of an observed path: ids (numbers, UUIDs, long hex, dates, e-mails, opaque tokens) become `:id`, the query is
 * dropped, and file names keep their words and extension (`/files/17.pdf` is `/files/:id.pdf`). Applying it again
 * changes nothing.
 */
export function pathTemplate(target: string): string {
  const path = target.split(/[?#]/, 1)[0]!;
  const segments = path.split('/');
  const kept = segments.slice(0, MAX_SEGMENTS + 1).map(segmentTemplate);
  return kept.join('/') + (segments.length > MAX_SEGMENTS + 1 ? '/*' : '');
}

function segmentTemplate(raw: string): string {
  if (raw === '' || raw === ID || raw === '*' || plainWord.test(raw)) return raw;
  if (digits.test(raw)) return ID;
  const text = decoded(raw);
  if (isId(text)) return ID;
  const file = fileName.exec(text);
  if (file) {
    const stem = file[1]!.split('.').map((part) => (isId(part) || isContentHash(part) ? ID : part));
    const name = `${stem.join('.')}.${file[2]!}`;
    return isPlain(name) ? name : ID;
  }
  return isPlain(text) ? raw : ID;
}

function isId(text: string): boolean {
  if (version.test(text)) return false;
  return idPatterns.some((pattern) => pattern.test(text)) || isOpaque(text);
}

/** The hash in `app.3f2a9c1b.js`: eight or more hex digits, with a digit among them so that a word is not taken. */
function isContentHash(part: string): boolean {
  return /^[0-9a-f]{8,}$/i.test(part) && /\d/.test(part);
}

/** Sixteen or more letters and digits, mixed within one word, as no slug made of words and numbers has them. */
function isOpaque(text: string): boolean {
  if (text.length < 16 || !/^[\w~=+-]+$/.test(text)) return false;
  const words = text.split(/[-_~=+]/).filter((word) => word !== '');
  return words.some((word) => word.length >= 8 && /\d/.test(word) && /[a-z]/i.test(word));
}

/** Whether a segment is short and made of characters that a route may have; anything else is somebody's data. */
function isPlain(text: string): boolean {
  return text.length <= MAX_SEGMENT_LENGTH && /^[\p{L}\p{N}._~:@!$&'()*+,;=-]+$/u.test(text);
}

function decoded(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}

/** Admits the first `cap` templates it sees; every further one is `(other)`, so that no traffic can fill the memory. */
export class TemplateBudget {
  readonly #known = new Set<string>();
  readonly #cap: number;

  constructor(cap: number) {
    this.#cap = cap;
  }

  admit(template: string): string {
    if (this.#known.has(template)) return template;
    if (this.#known.size >= this.#cap) return otherRoutes;
    this.#known.add(template);
    return template;
  }
}
