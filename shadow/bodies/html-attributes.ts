import { html, type DefaultTreeAdapterTypes as Dom } from 'parse5';

/**
 * Attributes that are true by being there, and the elements they are so of (HTML standard, list of attributes): `checked`,
 * `checked=""` and `checked="no"` are one. Elsewhere they are attributes like any other, which scripts may read.
 */
const booleans: Readonly<Record<string, string>> = {
  allowfullscreen: 'iframe',
  async: 'script',
  autofocus: '*',
  autoplay: 'audio video',
  checked: 'input',
  controls: 'audio video',
  default: 'track',
  defer: 'script',
  disabled: 'button fieldset input link optgroup option select textarea',
  formnovalidate: 'button input',
  inert: '*',
  ismap: 'img',
  itemscope: '*',
  loop: 'audio video',
  multiple: 'input select',
  muted: 'audio video',
  nomodule: 'script',
  novalidate: 'form',
  open: 'details dialog',
  playsinline: 'video',
  readonly: 'input textarea',
  required: 'input select textarea',
  reversed: 'ol',
  selected: 'option',
};

/** Attributes that are sets of words. */
const sets: Readonly<Record<string, string>> = { class: '*', rel: 'a area form link' };

function isIn(table: Readonly<Record<string, string>>, attribute: string, tagName: string): boolean {
  const elements = Object.hasOwn(table, attribute) ? table[attribute]! : '';
  // A custom element gives its attributes the meaning it likes, but for class.
  if (elements === '*') return attribute === 'class' || !tagName.includes('-');
  return elements.split(' ').includes(tagName);
}

/** The attributes of an element by name, in the form that is compared. */
export function comparedAttributes(element: Dom.Element): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const { name, prefix, value } of element.attrs) {
    const key = prefix ? `${prefix}:${name}` : name;
    attributes.set(key, meaningOf(key, value, element));
  }
  return attributes;
}

function meaningOf(name: string, value: string, { tagName, namespaceURI }: Dom.Element): string {
  if (isIn(sets, name, tagName)) return wordsOf(value);
  if (namespaceURI !== html.NS.HTML) return value;
  // Not quite a boolean: it has one other value.
  if (name === 'hidden' && !tagName.includes('-')) return value.toLowerCase() === 'until-found' ? 'until-found' : '';
  return isIn(booleans, name, tagName) ? '' : value;
}

function wordsOf(value: string): string {
  const words = value.split(/[\t\n\f\r ]+/).filter((word) => word !== '');
  return [...new Set(words)].toSorted().join(' ');
}
