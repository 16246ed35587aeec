// Nothing here verifies anything. A claim read here tells visitors apart, and must never be used for anything else.

const MAX_TOKEN_LENGTH = 16 * 1024;
const MAX_CLAIM_LENGTH = 1_024;

/**
 * One claim of a JSON Web Token (RFC 7519) as text, its signature unread. `credentials` is the token alone, or behind
 * `Bearer`. Undefined for anything that is no token with that claim, encrypted tokens (RFC 7516) included.
 */
export function claimOf(credentials: string, claim: string): string | undefined {
  if (credentials.length > MAX_TOKEN_LENGTH) return undefined;
  const parts = /^(?:bearer +)?([\w-]+)\.([\w-]+)\.([\w-]*)$/i.exec(credentials.trim());
  if (!parts) return undefined;
  let payload: unknown;
  try {
    payload = JSON.parse(Buffer.from(parts[2]!, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof payload !== 'object' || payload === null || !Object.hasOwn(payload, claim)) return undefined;
  const value: unknown = Object.getOwnPropertyDescriptor(payload, claim)?.value;
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'string' || value === '' || value.length > MAX_CLAIM_LENGTH) return undefined;
  return value;
}
