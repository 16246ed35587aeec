import { headerValues, type HttpAnswer, type HttpQuestion } from '../src/kernel/exchange.ts';

// Nothing here does I/O.

/** What keeps a visitor signed in beyond a session. */
const keepsSignedIn = /remember|refresh/i;
const isSession = /sess|sid/i;
/** The id of a session that the server holds. One that holds all of the session itself is longer, sealed anew each time, and good for ever. */
const sessionId = /^[\w,-]{16,64}$/;

/**
 * Whether the answer took back a cookie of the question that was good for one use, by giving another in its place or none: Spring's
 * and Symfony's persistent remember-me take a second use for theft, and sign the visitor out everywhere; apps that give a
 * session another id with each answer take the old one for a stolen one.
 */
export function rotatesCookie(
  { headers }: Pick<HttpQuestion, 'headers'>,
  answer: Pick<HttpAnswer, 'headers'>,
): boolean {
  const sent = cookiesOf(headerValues(headers, 'cookie').flatMap((line) => line.split(';')));
  const given = cookiesOf(headerValues(answer.headers, 'set-cookie').map((line) => line.split(';', 1)[0]!));
  return [...sent].some(([name, before]) => {
    const now = given.get(name);
    if (now === undefined || now === before) return false;
    return keepsSignedIn.test(name) || (isSession.test(name) && sessionId.test(before) && sessionId.test(now));
  });
}

function cookiesOf(pairs: readonly string[]): Map<string, string> {
  return new Map(
    pairs.map((pair) => {
      const equals = pair.indexOf('=');
      const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
      return [name.trim(), value.trim()];
    }),
  );
}
