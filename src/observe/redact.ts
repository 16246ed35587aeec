import { describeError } from '../kernel/fig-error.ts';

const HIDDEN = '[hidden]';
const MAX_DEPTH = 6;
const secretNames = /^(proxy-)?authorization$|^(set-)?cookies?$|passw(or)?d|secret|^token$|api-?key/i;

/** A text without the passwords of URLs in it and without bearer tokens. */
export function redactText(text: string): string {
  return text
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/)([^\s/@:]*):([^\s/]*)@/gi, `$1$2:${HIDDEN}@`)
    .replace(/\b(password=)[^\s&]+/gi, `$1${HIDDEN}`)
    .replace(/\b(bearer )[\w.~+/=-]+/gi, `$1${HIDDEN}`);
}

/**
 * What may be written of the fields of a log line: fields that carry credentials are hidden by name, credentials inside
 * texts are cut out, errors become their messages with the chain of causes, and bigints become text.
 */
export function redactFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactRecord(fields, 0, new Set());
}

function redactRecord(value: object, depth: number, above: ReadonlySet<object>): Record<string, unknown> {
  const inside = new Set(above).add(value);
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [
      name,
      secretNames.test(name) ? HIDDEN : redactValue(entry, depth + 1, inside),
    ]),
  );
}

function redactValue(value: unknown, depth: number, above: ReadonlySet<object>): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return redactError(value);
  if (value instanceof URL) return redactText(value.href);
  if (value instanceof Date) return value;
  if (above.has(value) || depth > MAX_DEPTH) return '[…]';
  if (Array.isArray(value)) {
    const inside = new Set(above).add(value);
    return value.map((entry) => redactValue(entry, depth + 1, inside));
  }
  return redactRecord(value, depth, above);
}

function redactError(error: Error): Record<string, unknown> {
  const code = 'code' in error ? { code: error.code } : {};
  return { ...code, message: redactText(describeError(error)), stack: redactText(error.stack ?? '') };
}
