import { bodyFields } from '../src/kernel/body-fields.ts';
import { headerValue, type HttpQuestion } from '../src/kernel/exchange.ts';

// Nothing here does I/O.

/**
 * Parameters whose value is good for one use: where it is used a second time, it is refused, or somebody is signed out. Of an
 * authorization code (RFC 6749, 4.1.2, always with `state`), SAML and CAS; and as Rails (Devise), Django, Laravel and Firebase
 * call those in links of mails.
 */
const oneTime: ReadonlySet<string> = new Set([
  'samlart',
  'samlresponse',
  'oobcode',
  'otp',
  'reset_password_token',
  'confirmation_token',
  'unlock_token',
  'invitation_token',
  'magic_token',
  'login_token',
  'one_time_token',
  'verification_token',
  'verify_token',
  'reset_token',
]);

/** Whether asking a target once more might use up what is good for one use. */
export function hasOneTimeToken(target: string): boolean {
  const at = target.indexOf('?');
  if (at < 0) return false;
  const query = new URLSearchParams(target.slice(at + 1));
  const names = new Set([...query.keys()].map((name) => name.toLowerCase()));
  if (names.has('code') && names.has('state')) return true;
  // Service tickets begin so (CAS protocol 3.0, section 3.1.1).
  if (query.get('ticket')?.startsWith('ST-') === true) return true;
  return [...names].some((name) => oneTime.has(name));
}

/**
 * Whether a question proves who asks by what is good for one use: a DPoP proof (RFC 9449, 11.1), a counted nonce of Digest (RFC
 * 7616, 3.4), a one-time password in a header of its own, or a token in the fields of a query.
 */
export function holdsOneTimeProof({ headers, query }: Pick<HttpQuestion, 'headers' | 'query'>): boolean {
  if (headers.some((name, at) => at % 2 === 0 && /^dpop$|^x-(?:.*-)?(?:otp|totp)$/i.test(name))) return true;
  if (/^\s*digest\s/i.test(headerValue(headers, 'authorization') ?? '')) return true;
  const fields = query === undefined ? [] : bodyFields(query.body, headerValue(headers, 'content-type'));
  return fields.some((name) => oneTime.has(name.slice(name.lastIndexOf('.') + 1).toLowerCase()));
}
