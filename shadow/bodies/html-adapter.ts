import { defaultTreeAdapter, type DefaultTreeAdapterMap, type TreeAdapter } from 'parse5';
import { BeyondBounds, maxElementDepth, NodeBudget } from './body-tree.ts';

/**
 * Builds the parser's own tree, within a budget: a page of some hundred bytes can ask for thousands of elements, because what
 * formats is opened anew in every paragraph. Throws BeyondBounds.
 */
export function boundedAdapter(): TreeAdapter<DefaultTreeAdapterMap> {
  const budget = new NodeBudget();
  const depths = new WeakMap<object, number>();
  function enter(parent: object, node: object): void {
    const depth = (depths.get(parent) ?? 0) + 1;
    // The parser looks through what is open again and again, so deep pages are refused while they are read.
    if (depth > maxElementDepth + 2) throw new BeyondBounds(`nested deeper than ${maxElementDepth}`);
    depths.set(node, depth);
  }
  return {
    ...defaultTreeAdapter,
    appendChild(parent, node) {
      enter(parent, node);
      defaultTreeAdapter.appendChild(parent, node);
    },
    adoptAttributes(recipient, attributes) {
      budget.add(attributes.length);
      defaultTreeAdapter.adoptAttributes(recipient, attributes);
    },
    createElement(tagName, namespaceUri, attributes) {
      budget.add(1 + attributes.length);
      return defaultTreeAdapter.createElement(tagName, namespaceUri, attributes);
    },
    createCommentNode(data) {
      budget.add(1);
      return defaultTreeAdapter.createCommentNode(data);
    },
    insertBefore(parent, node, reference) {
      enter(parent, node);
      defaultTreeAdapter.insertBefore(parent, node, reference);
    },
  };
}
