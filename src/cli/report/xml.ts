import { printable } from '../format.ts';
import { escapeMarkup } from './html/markup.ts';

export interface XmlElement {
  readonly text: string;
}

/** An element of XML 1.0. Texts may be anything: what XML has no characters for becomes visible, `\x1b`. */
export function xml(
  name: string,
  attributes: Readonly<Record<string, string | number>> = {},
  children: readonly (XmlElement | string)[] = [],
): XmlElement {
  const head = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escapeMarkup(printable(String(value)))}"`)
    .join('');
  if (children.length === 0) return { text: `<${name}${head}/>` };
  const inside = children.map((child) => (typeof child === 'string' ? lines(child) : `\n${child.text}`)).join('');
  return { text: `<${name}${head}>${inside}${typeof children.at(-1) === 'string' ? '' : '\n'}</${name}>` };
}

/** Line ends are ours: those of values have been quoted as JSON by then, or are made visible before. */
function lines(text: string): string {
  return text
    .split('\n')
    .map((line) => escapeMarkup(printable(line)))
    .join('\n');
}
