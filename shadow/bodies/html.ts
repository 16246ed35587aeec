import { defaultTreeAdapter, parse, parseFragment, type DefaultTreeAdapterTypes as Dom } from 'parse5';
import { BeyondBounds, maxElementDepth, type BodyTree } from './body-tree.ts';
import { boundedAdapter } from './html-adapter.ts';
import { comparedAttributes } from './html-attributes.ts';
import { keepsWhiteSpace } from './html-elements.ts';
import { visibleChildren } from './html-text.ts';
import { elementTree, type ElementChild } from './element-tree.ts';

/**
 * A page as a browser reads it: `#doctype` and `html` with `head` and `body`, below them lists by tag; see elementTree. Of
 * a piece of a page, one that does not start like a document, the root is the list by tag itself. Comments and white space
 * that does not show are left out. Undefined: deeper or larger than the bounds.
 */
export function readHtml(text: string): BodyTree | undefined {
  const options = { treeAdapter: boundedAdapter(), scriptingEnabled: false };
  try {
    // In the context of a template, so that rows of a table stay what they are.
    if (!startsLikeDocument(text)) return treeOf(parseFragment(text, options), new Map(), false, 0);
    return documentTree(parse(text, options));
  } catch (error) {
    if (error instanceof BeyondBounds) return undefined;
    throw error;
  }
}

const documentStart = /<(?:!doctype|html|head|body|title|meta|base|frameset)(?=[\s>/]|$)/iy;

function startsLikeDocument(text: string): boolean {
  let at = 0;
  for (;;) {
    while (at < text.length && /\s/.test(text[at]!)) at += 1;
    if (!text.startsWith('<!--', at)) break;
    const end = text.indexOf('-->', at + 4);
    if (end < 0) return false;
    at = end + 3;
  }
  documentStart.lastIndex = at;
  return documentStart.test(text);
}

function documentTree(document: Dom.Document): BodyTree {
  const tree = new Map<string, BodyTree>();
  for (const node of document.childNodes) {
    if (defaultTreeAdapter.isDocumentTypeNode(node)) {
      tree.set('#doctype', [node.name, node.publicId, node.systemId].filter((part) => part !== '').join(' '));
    } else if (defaultTreeAdapter.isElementNode(node)) tree.set('html', rootTree(node));
  }
  return tree;
}

/** Head and body are there once, so that paths need no position for them. */
function rootTree(html: Dom.Element): BodyTree {
  const tree = new Map<string, BodyTree>();
  for (const [name, value] of comparedAttributes(html)) tree.set(`@${name}`, value);
  for (const node of html.childNodes) {
    if (defaultTreeAdapter.isElementNode(node)) tree.set(node.tagName, treeOfElement(node, false, 1));
  }
  return tree;
}

function treeOfElement(element: Dom.Element, isPreserved: boolean, depth: number): BodyTree {
  // What a template holds is not among its children.
  const content = 'content' in element ? (element as Dom.Template).content : element;
  return treeOf(content, comparedAttributes(element), isPreserved || keepsWhiteSpace(element.tagName), depth, element);
}

function treeOf(
  parent: Dom.ParentNode,
  attributes: ReadonlyMap<string, string>,
  isPreserved: boolean,
  depth: number,
  element?: Dom.Element,
): BodyTree {
  if (depth > maxElementDepth) throw new BeyondBounds(`nested deeper than ${maxElementDepth}`);
  const children = visibleChildren(parent.childNodes, element, isPreserved).map((child): ElementChild => {
    if (typeof child === 'string') return child;
    return { name: child.tagName, tree: treeOfElement(child, isPreserved, depth + 1) };
  });
  return elementTree(attributes, children);
}
