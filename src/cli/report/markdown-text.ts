import { printable } from '../format.ts';

/**
 * Punctuation that means something to Markdown, to its tables, to HTML inside it, or to what forges make of texts (links,
 * formulas, emoji). As a numeric entity each is only ever a character: CommonMark 0.31, section 2.5.
 */
const meaningful = /[&<>"'`*_{}[\]()#+\-.!|~\\:@/$^=]/g;

/** A text as text, in a cell, a heading or a line; never markup. One line. */
export function plainText(text: string): string {
  // Forges look for @name and #1 after entities have been read, so what must not call anybody gets a gap of no width.
  return entitiesOf(printable(text)).replace(/&#(?:64|35);(?=\w)/g, '$&&#8203;');
}

/** A value from an answer or a request, in a font of its own, where forges look for no names. One line. */
export function codeText(text: string): string {
  return text === '' ? '<code>&#8203;</code>' : `<code>${entitiesOf(printable(text))}</code>`;
}

function entitiesOf(text: string): string {
  return text.replace(meaningful, (char) => `&#${char.charCodeAt(0)};`);
}
