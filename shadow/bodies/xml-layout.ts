import type { ElementChild } from './element-tree.ts';
import { breaksLine } from './html-elements.ts';

const xhtml = 'http://www.w3.org/1999/xhtml';
const layout = /^[\t\n\r ]*$/;

/**
 * The children of an element without the white space that only lays out the document: that between elements where no other
 * text stands among them. In XHTML `<b>a</b> <b>b</b>` are two words all the same, so there it goes only beside blocks.
 */
export function withoutLayout(
  children: readonly ElementChild[],
  namespace: string,
  name: string,
): readonly ElementChild[] {
  if (!children.some((child) => typeof child !== 'string')) return children;
  if (namespace === xhtml) {
    const isBlock = breaksLine(name);
    return children.filter((child, index) => {
      if (typeof child !== 'string' || !layout.test(child)) return true;
      return !isBreak(children[index - 1], isBlock) && !isBreak(children[index + 1], isBlock);
    });
  }
  const isMixed = children.some((child) => typeof child === 'string' && !layout.test(child));
  return isMixed ? children : children.filter((child) => typeof child !== 'string');
}

/** Undefined: the edge of the parent. */
function isBreak(neighbour: ElementChild | undefined, isBlock: boolean): boolean {
  if (neighbour === undefined) return isBlock;
  return typeof neighbour !== 'string' && breaksLine(neighbour.name);
}
