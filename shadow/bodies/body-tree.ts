/**
 * A body as a tree: texts, lists, and names with what stands under them. What reads a body makes one of these, and what
 * compares looks at nothing else, so paths, rules and reports are the same for every type of body. Types that only JSON
 * has (numbers, booleans, null) are texts here.
 */
export type BodyTree = string | readonly BodyTree[] | ReadonlyMap<string, BodyTree>;

export function isList(tree: BodyTree): tree is readonly BodyTree[] {
  return Array.isArray(tree);
}

/** Nesting of elements beyond which HTML and XML are not read as a tree. Pages of the wild stay below 40. */
export const maxElementDepth = 256;

/** Elements, attributes, cells and parts beyond which a body is not read as a tree. */
export const maxTreeNodes = 100_000;

/** What a reader of bodies throws at itself to stop: the body is compared as text then. */
export class BeyondBounds extends Error {}

/** Counts what a tree is made of. `add` throws BeyondBounds when there is too much of it. */
export class NodeBudget {
  #left = maxTreeNodes;

  add(count: number): void {
    this.#left -= count;
    if (this.#left < 0) throw new BeyondBounds(`more than ${maxTreeNodes} nodes`);
  }
}
