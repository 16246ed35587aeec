import { compareTexts, listElements, unquoted } from './list-elements.ts';
import { meaningOfReference, type AskedUrl } from './url-reference.ts';

/**
 * Link headers (RFC 8288 section 3): one link a line, in their order, each with its target as the visitor resolves it and its
 * parameters sorted, quoted or not; relation types are a set in any case.
 */
export function links(lines: readonly string[], asked: AskedUrl | undefined): string {
  return listElements(lines)
    .map((element) => link(element, asked))
    .join('\n');
}

function link(element: string, asked: AskedUrl | undefined): string {
  const [target = '', ...rest] = listElements([element], ';');
  const reference = /^<(.*)>$/s.exec(target)?.[1];
  if (reference === undefined) return element;
  // Of a parameter that is there twice the first counts, so those of one name keep their order.
  const parameters = rest.map(readParameter).toSorted((a, b) => compareTexts(a.name, b.name));
  return [`<${meaningOfReference(reference, asked)}>`, ...parameters.map(({ text }) => text)].join('; ');
}

function readParameter(parameter: string): { name: string; text: string } {
  const equals = parameter.indexOf('=');
  if (equals < 0) return { name: parameter.toLowerCase(), text: parameter.toLowerCase() };
  const name = parameter.slice(0, equals).trim().toLowerCase();
  const value = unquoted(parameter.slice(equals + 1).trim());
  return { name, text: `${name}=${JSON.stringify(name === 'rel' || name === 'rev' ? relations(value) : value)}` };
}

function relations(value: string): string {
  return [...new Set(value.toLowerCase().split(/\s+/))]
    .filter((relation) => relation !== '')
    .toSorted()
    .join(' ');
}
