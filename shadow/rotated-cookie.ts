import { headerValues, type HttpAnswer, type HttpQuestion } from '../src/kernel/exchange.ts';

// Nothing here does I/O.

/** What keeps a visitor signed in beyond a session; others are made anew with each answer and stay good for the next. */
const keepsSignedIn = /remember|refresh/i;

/**
 * Whether the answer took back a cookie of the question that was good for one use, by giving another in its place or none: Spring's
 * and Symfony's persistent remember-me take a second use for theft, and sign the visitor out everywhere.
 */
export function rotatesCookie(
  { headers }: Pick<HttpQuestion, 'headers'>,
  answer: Pick<HttpAnswer, 'headers'>,
): boolean {
  const sent = cookiesOf(headerValues(headers, 'cookie').flatMap((line) => line.split(';')));
  const given = cookiesOf(headerValues(answer.headers, 'set-cookie').map((line) => line.split(';', 1)[0]!));
  return [...sent].some(([name, value]) => keepsSignedIn.test(name) && given.has(name) && given.get(name) !== value);
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
