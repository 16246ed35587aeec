import type { BodyTree } from './body-tree.ts';

/** A piece of text, or an element (or processing instruction) under its name. */
export type ElementChild = string | { readonly name: string; readonly tree: BodyTree };

export const textKey = '#text';
export const orderKey = '#order';

/**
 * An element of HTML or XML: `@name` for each attribute, under each name the list of children of that name, under `#text`
 * the list of texts. `#order` has the names of all children in their order; it is left out where one name says it all.
 */
export function elementTree(
  attributes: ReadonlyMap<string, string>,
  children: readonly ElementChild[],
): Map<string, BodyTree> {
  const tree = new Map<string, BodyTree>();
  for (const [name, value] of attributes) tree.set(`@${name}`, value);
  const lists = new Map<string, BodyTree[]>();
  const order: string[] = [];
  for (const child of children) {
    const name = typeof child === 'string' ? textKey : child.name;
    order.push(name);
    const list = lists.get(name);
    const below = typeof child === 'string' ? child : child.tree;
    if (list) list.push(below);
    else lists.set(name, [below]);
  }
  for (const [name, list] of lists) tree.set(name, list);
  if (lists.size > 1) tree.set(orderKey, order);
  return tree;
}
