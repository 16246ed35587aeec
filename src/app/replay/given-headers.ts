import type { RawHeaders } from '../../kernel/exchange.ts';
import { FigError } from '../../kernel/fig-error.ts';

export interface GivenCredentials {
  /** Lines as of a request: `Authorization: Bearer ...` */
  readonly header: readonly string[];
  /** Value of a Cookie header: `sid=1; lang=en` */
  readonly cookie: string | undefined;
  /** Lines in one text, as FIG_REPLAY_HEADERS has them. */
  readonly lines: string | undefined;
}

const nameGrammar = /^[\w!#$%&'*+.^`|~-]+$/;

/**
 * Headers that are sent with every question, to legacy and to the candidate. Throws FIG_USAGE for a line that is none, without
 * repeating what may be a secret.
 */
export function readGivenHeaders({ header, cookie, lines = '' }: GivenCredentials): RawHeaders {
  const all = [...lines.split(/\r?\n/).filter((line) => line.trim() !== ''), ...header];
  const headers = all.flatMap((line) => {
    const colon = line.indexOf(':');
    return [checkName(line.slice(0, Math.max(0, colon)).trim()), checkValue(line.slice(colon + 1).trim())];
  });
  return cookie === undefined ? headers : [...headers, 'cookie', checkValue(cookie)];
}

function checkName(name: string): string {
  if (nameGrammar.test(name)) return name;
  throw new FigError('FIG_USAGE', 'a header that was given does not read as "Name: value"');
}

function checkValue(value: string): string {
  if (/^[\t\u0020-\u007E\u0080-\u00FF]*$/.test(value)) return value;
  throw new FigError('FIG_USAGE', 'the value of a header that was given has characters that no header may have');
}

/** A question's own headers without those that are given, then the given ones. */
export function withGiven(own: RawHeaders, given: RawHeaders): string[] {
  const names = new Set(given.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()));
  const kept: string[] = [];
  for (let i = 0; i + 1 < own.length; i += 2) {
    if (!names.has(own[i]!.toLowerCase())) kept.push(own[i]!, own[i + 1]!);
  }
  return [...kept, ...given];
}
