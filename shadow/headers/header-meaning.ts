import { directives } from './directives.ts';
import { links } from './links.ts';
import { listElements } from './list-elements.ts';
import { meaningOfReference, type AskedUrl } from './url-reference.ts';

type Meaning = (lines: readonly string[], asked: AskedUrl | undefined) => string;

/** Lists whose order says nothing. `Vary: *` covers every other member. */
const setIgnoringCase: Meaning = (lines) => {
  const members = new Set(listElements(lines).map((element) => element.toLowerCase()));
  return members.has('*') ? '*' : [...members].toSorted().join(', ');
};
const setOfTokens: Meaning = (lines) => [...new Set(listElements(lines))].toSorted().join(', ');
const listInOrder: Meaning = (lines) => listElements(lines).join(', ');
const reference: Meaning = (lines, asked) => lines.map((line) => meaningOfReference(line, asked)).join('\n');

/**
 * Headers whose text may differ where their meaning does not. Every other header is compared line by line: a comma is an
 * ordinary character in Date, Expires, Set-Cookie and ETag, and only RFC 9110's lists may be taken apart.
 */
const meanings = new Map<string, Meaning>([
  ['cache-control', (lines) => directives(lines)],
  ['cdn-cache-control', (lines) => directives(lines)],
  ['strict-transport-security', (lines) => directives(lines.slice(0, 1), ';')],
  ['vary', setIgnoringCase],
  ['content-language', setIgnoringCase],
  ['accept-ranges', setIgnoringCase],
  ['access-control-allow-headers', setIgnoringCase],
  ['access-control-expose-headers', setIgnoringCase],
  // Methods are the tokens in which case matters (RFC 9110 section 9.1).
  ['allow', setOfTokens],
  ['access-control-allow-methods', setOfTokens],
  ['accept-patch', listInOrder],
  ['accept-post', listInOrder],
  ['accept-ch', listInOrder],
  ['via', listInOrder],
  ['link', links],
  ['location', reference],
  ['content-location', reference],
]);

/** A header in the form that is compared. `name` in lower case; `lines` as they came, trimmed. */
export function meaningOfHeader(name: string, lines: readonly string[], asked: AskedUrl | undefined): string {
  const meaning = meanings.get(name);
  return meaning ? meaning(lines, asked) : lines.join('\n');
}
