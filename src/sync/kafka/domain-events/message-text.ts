// Nothing here does I/O.

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** UTF-8 as text; undefined: it is none. */
export function utf8(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * What the key of a message says, whichever converter wrote it: plain text, JSON, or JSON with a schema of Kafka Connect.
 * Bytes that are no text are told by their digits. Undefined: there is none, which Connect's JSON converter writes around a null.
 */
export function keyOfMessage(key: Buffer | null): string | undefined {
  if (key === null) return undefined;
  const text = utf8(key);
  if (text === undefined) return `0x${key.toString('hex')}`;
  return isNothing(text) ? undefined : unwrapped(text);
}

function isNothing(text: string): boolean {
  if (!text.startsWith('{')) return false;
  try {
    const value: unknown = JSON.parse(text);
    return isEnveloped(value) && value.payload === null;
  } catch {
    return false;
  }
}

/** The same of a header: Connect's own converter writes plain text, its JSON converter quotes it. */
export function unwrapped(text: string): string {
  if (!/^\s*["{]/.test(text)) return text;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'string') return value;
    if (!isEnveloped(value)) return text;
    const { payload } = value;
    return typeof payload === 'string' || typeof payload === 'number' ? String(payload) : text;
  } catch {
    return text;
  }
}

/** Whether Connect's JSON converter wrote it with its schema (`schemas.enable=true`). */
export function isEnveloped(value: unknown): value is { readonly schema: unknown; readonly payload: unknown } {
  if (typeof value !== 'object' || value === null) return false;
  const keys = Object.keys(value);
  if (keys.length !== 2 || !('schema' in value && 'payload' in value)) return false;
  const { schema } = value;
  return schema === null || (typeof schema === 'object' && typeof Reflect.get(schema, 'type') === 'string');
}
