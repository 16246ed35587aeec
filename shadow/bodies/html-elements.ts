import type { DefaultTreeAdapterTypes as Dom } from 'parse5';

/** Elements that break a line, by the rendering of the HTML standard (section 15.3). White space beside them does not show. */
const blocks = new Set(
  [
    'address article aside blockquote body br caption center col colgroup dd details dialog dir div dl dt fieldset',
    'figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li listing main menu',
    'nav noframes ol optgroup option p plaintext pre search section summary table tbody td tfoot th thead title tr ul xmp',
  ].flatMap((line) => line.split(' ')),
);

/** Elements that stand in a line, with an inside whose edges do not show white space. */
const boxes = new Set(['audio', 'button', 'datalist', 'map', 'object', 'picture', 'select', 'svg', 'math', 'video']);

/** Elements that show nothing where they stand: white space beside them belongs to what is beyond. */
const unseen = new Set(['base', 'link', 'meta', 'script', 'style', 'template']);

const preserving = new Set(['listing', 'plaintext', 'pre', 'script', 'style', 'textarea', 'xmp']);

export function breaksLine(tagName: string): boolean {
  return blocks.has(tagName);
}

export function hasOwnEdges(tagName: string): boolean {
  return blocks.has(tagName) || boxes.has(tagName);
}

export function isUnseen({ tagName, attrs }: Dom.Element): boolean {
  if (tagName !== 'input') return unseen.has(tagName);
  return attrs.some(({ name, value }) => name === 'type' && value.toLowerCase() === 'hidden');
}

/** Elements in which every character counts. */
export function keepsWhiteSpace(tagName: string): boolean {
  return preserving.has(tagName);
}
