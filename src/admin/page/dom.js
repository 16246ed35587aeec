// Builds elements from data, and brings what is on the page into line with it. Data only ever becomes text nodes and
// attributes of a fixed set, never markup.

const attributeNames = new Set([
  'class',
  'id',
  'role',
  'title',
  'dir',
  'href',
  'type',
  'name',
  'value',
  'for',
  'scope',
  'colspan',
  'tabindex',
  'disabled',
  'checked',
  'required',
  'placeholder',
  'autocomplete',
  'maxlength',
  'rows',
  'src',
  'alt',
  'width',
  'height',
  'open',
  'datetime',
  'selected',
]);

/** h('p', { class: 'x', data: { action: 'go' }, style: { width: '3%' } }, 'text', child, [children], undefined) */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false || value === null) continue;
    if (name === 'data') for (const [key, entry] of Object.entries(value)) element.dataset[key] = String(entry);
    // Through the object model: the content security policy refuses style attributes.
    else if (name === 'style') for (const [key, entry] of Object.entries(value)) element.style.setProperty(key, entry);
    else if (attributeNames.has(name) || name.startsWith('aria-'))
      element.setAttribute(name, value === true ? '' : String(value));
    else throw new Error(`attribute ${name} is not known`);
  }
  append(element, children);
  return element;
}

const svgSpace = 'http://www.w3.org/2000/svg';

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(svgSpace, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/**
 * Makes `shown` have the children of `wanted` and keeps what is already right, so that focus, text selection, scroll
 * positions and opened details outlive the update that comes every second. Children with data-key are matched by it.
 */
export function update(shown, ...wanted) {
  const target = document.createElement('div');
  append(target, wanted);
  morphChildren(shown, target);
}

function morphChildren(shown, wanted) {
  const keyed = new Map();
  for (const child of shown.children) if (child.dataset?.key) keyed.set(child.dataset.key, child);
  let current = shown.firstChild;
  for (const fresh of [...wanted.childNodes]) {
    const key = fresh.dataset?.key;
    let candidate = key ? keyed.get(key) : current;
    if (!key && candidate?.dataset?.key) candidate = undefined;
    if (candidate && isAlike(candidate, fresh)) {
      if (candidate !== current) shown.insertBefore(candidate, current);
      else current = current.nextSibling;
      morphNode(candidate, fresh);
    } else {
      shown.insertBefore(fresh, current);
    }
  }
  while (current) {
    const next = current.nextSibling;
    current.remove();
    current = next;
  }
}

function isAlike(a, b) {
  return a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.dataset?.key ?? '') === (b.dataset?.key ?? '');
}

function morphNode(shown, fresh) {
  if (shown.nodeType === Node.TEXT_NODE) {
    if (shown.data !== fresh.data) shown.data = fresh.data;
    return;
  }
  for (const { name } of [...shown.attributes]) {
    if (name === 'style' || (name === 'open' && shown.nodeName === 'DETAILS')) continue;
    if (!fresh.hasAttribute(name)) shown.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (name === 'style' || (name === 'open' && shown.nodeName === 'DETAILS')) continue;
    if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
  }
  if (shown.style && shown.style.cssText !== fresh.style.cssText) shown.style.cssText = fresh.style.cssText;
  morphChildren(shown, fresh);
}
