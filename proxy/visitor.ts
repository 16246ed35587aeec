import { createHash } from 'node:crypto';
import { parseCookie, parseSetCookie } from 'cookie';
import { claimOf } from './jwt-claim.ts';
import { headerValue, headerValues, type RawHeaders } from '../src/kernel/exchange.ts';

export interface VisitorRules {
  /** Cookie whose value tells visitors apart. */
  readonly cookie: string | undefined;
  /** Header whose value tells visitors apart. */
  readonly header: string | undefined;
  /** Token one of whose claims tells visitors apart. Its signature is not checked: it chooses a side and a fence, no more. */
  readonly jwt?: JwtRule | undefined;
}

export interface JwtRule {
  readonly header: string | undefined;
  readonly cookie: string | undefined;
  readonly claim: string;
}

/**
 * Who asks: the configured claim of a token, else the configured cookie, else the configured header, else Authorization, else address and user agent. Only a
 * hash leaves this function, so that nothing downstream can leak a session id or an address.
 */
export function visitorOf(rules: VisitorRules, headers: RawHeaders, address: string): string {
  return namedVisitorOf(rules, headers) ?? visitorByAddress(headers, address);
}

/** The same without address and user agent, which many visitors behind one gateway share. */
export function namedVisitorOf(rules: VisitorRules, headers: RawHeaders): string | undefined {
  return (
    visitorByToken(rules.jwt, headers) ?? visitorByCookie(rules.cookie, headers) ?? visitorByHeader(rules, headers)
  );
}

/**
 * Further names under which the visitor may come back after this answer: a login changes the session cookie, a logout
 * takes it away.
 */
export function laterVisitors(
  rules: VisitorRules,
  headers: RawHeaders,
  address: string,
  answerHeaders: RawHeaders,
): string[] {
  const { cookie, jwt } = rules;
  if (cookie === undefined && jwt?.cookie === undefined) return [];
  const later: string[] = [];
  let isChanged = false;
  for (const line of headerValues(answerHeaders, 'set-cookie')) {
    const { name, value = '' } = parseSetCookie(line, { decode: asIs });
    if (name !== cookie && name !== jwt?.cookie) continue;
    isChanged = true;
    const claim = name === jwt?.cookie ? claimOf(value, jwt.claim) : undefined;
    if (claim !== undefined) later.push(idOf('jwt', claim));
    if (name === cookie && value !== '') later.push(idOf('cookie', value));
  }
  if (!isChanged) return [];
  // Whichever of the two was taken away, the visitor comes back as the next rule sees them.
  const remaining = [visitorByToken(jwt, headers), visitorByCookie(cookie, headers)].filter((id) => id !== undefined);
  return [...later, ...(jwt?.cookie === undefined ? [] : remaining), visitorWithoutCookie(rules, headers, address)];
}

function visitorByToken(jwt: JwtRule | undefined, headers: RawHeaders): string | undefined {
  if (jwt === undefined) return undefined;
  const places = [
    jwt.header === undefined ? undefined : headerValue(headers, jwt.header),
    jwt.cookie === undefined ? undefined : cookieValue(headers, jwt.cookie),
  ];
  for (const token of places) {
    const claim = token === undefined ? undefined : claimOf(token, jwt.claim);
    if (claim !== undefined) return idOf('jwt', claim);
  }
  return undefined;
}

function visitorByCookie(cookie: string | undefined, headers: RawHeaders): string | undefined {
  const session = cookie === undefined ? undefined : cookieValue(headers, cookie);
  return session ? idOf('cookie', session) : undefined;
}

function visitorWithoutCookie(rules: VisitorRules, headers: RawHeaders, address: string): string {
  return visitorByHeader(rules, headers) ?? visitorByAddress(headers, address);
}

function visitorByHeader(rules: VisitorRules, headers: RawHeaders): string | undefined {
  if (rules.header !== undefined) {
    const named = headerValue(headers, rules.header);
    if (named) return idOf('header', named);
  }
  const authorization = headerValue(headers, 'authorization');
  return authorization ? idOf('authorization', authorization) : undefined;
}

function visitorByAddress(headers: RawHeaders, address: string): string {
  return idOf('address', `${address}\0${headerValue(headers, 'user-agent') ?? ''}`);
}

function cookieValue(headers: RawHeaders, name: string): string | undefined {
  const cookies = headerValues(headers, 'cookie').join('; ');
  return cookies === '' ? undefined : parseCookie(cookies, { decode: asIs })[name];
}

function idOf(kind: string, value: string): string {
  return createHash('sha256').update(kind).update('\0').update(value).digest('base64url');
}

/** Identity needs equal bytes, not the text they stand for. */
function asIs(value: string): string {
  return value;
}
