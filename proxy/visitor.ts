import { createHash } from 'node:crypto';
import { parseCookie, parseSetCookie } from 'cookie';
import { headerValue, headerValues, type RawHeaders } from '../src/kernel/exchange.ts';

export interface VisitorRules {
  /** Cookie whose value tells visitors apart. */
  readonly cookie: string | undefined;
  /** Header whose value tells visitors apart. */
  readonly header: string | undefined;
}

/**
 * Who asks: the configured cookie, else the configured header, else Authorization, else address and user agent. Only a
 * hash leaves this function, so that nothing downstream can leak a session id or an address.
 */
export function visitorOf(rules: VisitorRules, headers: RawHeaders, address: string): string {
  if (rules.cookie !== undefined) {
    const session = cookieValue(headers, rules.cookie);
    if (session) return idOf('cookie', session);
  }
  return visitorWithoutCookie(rules, headers, address);
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
  const name = rules.cookie;
  if (name === undefined) return [];
  const given = headerValues(answerHeaders, 'set-cookie')
    .map((line) => parseSetCookie(line, { decode: asIs }))
    .filter((cookie) => cookie.name === name);
  if (given.length === 0) return [];
  const sessions = given.flatMap((cookie) => (cookie.value ? [idOf('cookie', cookie.value)] : []));
  return [...sessions, visitorWithoutCookie(rules, headers, address)];
}

function visitorWithoutCookie(rules: VisitorRules, headers: RawHeaders, address: string): string {
  if (rules.header !== undefined) {
    const named = headerValue(headers, rules.header);
    if (named) return idOf('header', named);
  }
  const authorization = headerValue(headers, 'authorization');
  if (authorization) return idOf('authorization', authorization);
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
