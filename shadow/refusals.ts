import { headerValue, type HttpAnswer } from '../src/kernel/exchange.ts';

// Nothing here does I/O.

const refusing: ReadonlySet<number> = new Set([401, 403, 404]);
const redirecting: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Paths that ask who one is: `/login.php`, `/users/sign_in`, `/Account/LogOn`, `/session/new`, `/oauth2/authorize`, `/cas/login`. */
const signInPath =
  /(?:^|\/)(?:wp-)?(?:log[-_]?[io]n|sign[-_]?[io]n|sso|saml2?|auth|authenticate|authorize|sessions?\/new)(?:\.[a-z]{2,5})?(?:[/;]|$)/i;
/** Hosts that do nothing else. */
const signInHost = /^(?:login|auth|sso|idp|accounts|signin)\./i;

/** Whether legacy showed the visitor nothing because of who they are: it refused, or sent them to sign in, as apps with pages do. */
function isRefused(answer: Pick<HttpAnswer, 'status' | 'headers'>): boolean {
  return refusing.has(answer.status) || sendsToSignIn(answer);
}

/** Whether the candidate shows something where legacy does not. */
export function revealsRefused(legacy: Pick<HttpAnswer, 'status' | 'headers'>, candidateStatus: number): boolean {
  return candidateStatus >= 200 && candidateStatus < 300 && isRefused(legacy);
}

/** Whether an answer is none that somebody wanted: two of these that agree say nothing of those. */
export function isNoAnswer(answer: Pick<HttpAnswer, 'status' | 'headers'>): boolean {
  return answer.status >= 400 || sendsToSignIn(answer);
}

function sendsToSignIn({ status, headers }: Pick<HttpAnswer, 'status' | 'headers'>): boolean {
  const location = redirecting.has(status) ? headerValue(headers, 'location') : undefined;
  if (location === undefined || !URL.canParse(location, anywhere)) return false;
  const { hostname, pathname } = new URL(location, anywhere);
  return signInPath.test(pathname) || signInHost.test(hostname);
}

const anywhere = 'http://anywhere.invalid';
