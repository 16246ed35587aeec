// Nothing here does I/O, and nothing throws.

/** Deeper, a name says more of the value than of the way to ask. */
const MAX_DEPTH = 3;
/** More names than anybody tells apart. */
const MAX_FIELDS = 200;

/**
 * Names of the fields of a body that is JSON or a form, in the order they come in: `status`, and `filter.status` of an object
 * in it. None for a body that is neither, or that cannot be read. `type`: its Content-Type.
 */
export function bodyFields(body: Uint8Array, type: string | undefined): string[] {
  const media = mediaTypeOf(type);
  const text = Buffer.from(body).toString();
  if (media === 'application/x-www-form-urlencoded') return [...new URLSearchParams(text).keys()].slice(0, MAX_FIELDS);
  return media === 'application/json' || media.endsWith('+json') ? jsonFields(text) : [];
}

/** `application/json`: in lower case, without parameters; empty for none. */
export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
}

function jsonFields(text: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  const fields: string[] = [];
  const open: { readonly value: unknown; readonly path: string; readonly depth: number }[] = [
    { value, path: '', depth: 0 },
  ];
  for (let at = open.shift(); at !== undefined && fields.length < MAX_FIELDS; at = open.shift()) {
    if (typeof at.value !== 'object' || at.value === null || Array.isArray(at.value)) continue;
    for (const [name, inner] of Object.entries(at.value).slice(0, MAX_FIELDS)) {
      const path = at.path === '' ? name : `${at.path}.${name}`;
      fields.push(path);
      if (at.depth + 1 < MAX_DEPTH) open.push({ value: inner, path, depth: at.depth + 1 });
    }
  }
  return fields.slice(0, MAX_FIELDS);
}
