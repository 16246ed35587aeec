import { compareTexts, listElements, unquoted } from './list-elements.ts';

/**
 * Directives such as those of Cache-Control (RFC 9111 section 5.2): names in any case and order, values quoted or not, seconds
 * as numbers. A directive that is repeated with another value keeps its order, because readers take the first.
 */
export function directives(lines: readonly string[], separator = ','): string {
  const read = listElements(lines, separator).map(readDirective);
  const sorted = read.toSorted((a, b) => compareTexts(a.name, b.name));
  return [...new Set(sorted.map(({ text }) => text))].join(', ');
}

function readDirective(element: string): { name: string; text: string } {
  const equals = element.indexOf('=');
  if (equals < 0) return { name: element.toLowerCase(), text: element.toLowerCase() };
  const name = element.slice(0, equals).trim().toLowerCase();
  return { name, text: `${name}=${meaningOfValue(name, unquoted(element.slice(equals + 1).trim()))}` };
}

function meaningOfValue(name: string, value: string): string {
  if (/^\d+$/.test(value)) return value.replace(/^0+(?=\d)/, '');
  if (name !== 'private' && name !== 'no-cache') return value;
  // These take a list of header names.
  return [...new Set(listElements([value]).map((header) => header.toLowerCase()))].toSorted().join(' ');
}
