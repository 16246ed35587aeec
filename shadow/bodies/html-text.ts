import { defaultTreeAdapter, type DefaultTreeAdapterTypes as Dom } from 'parse5';
import { breaksLine, hasOwnEdges, isUnseen } from './html-elements.ts';

export type VisibleChild = string | Dom.Element;

/**
 * What of the children of a node is compared: elements, and texts with white space as it shows (CSS Text, section 4.1.1): runs
 * of it are one space, and beside what breaks a line there is none. `element`: the parent, undefined at the top of a fragment.
 */
export function visibleChildren(
  nodes: readonly Dom.ChildNode[],
  element: Dom.Element | undefined,
  isPreserved: boolean,
): VisibleChild[] {
  const children = joined(nodes);
  if (isPreserved) return children;
  const hasEdges = element === undefined || hasOwnEdges(element.tagName);
  const breaks = lineBreaks(children, hasEdges);
  return children.flatMap((child, index): VisibleChild[] => {
    if (typeof child !== 'string') return [child];
    let text = child.replaceAll(/[\t\n\f\r ]+/g, ' ');
    if (breaks.before[index] && text.startsWith(' ')) text = text.slice(1);
    if (breaks.after[index] && text.endsWith(' ')) text = text.slice(0, -1);
    return text === '' ? [] : [text];
  });
}

/** Texts that only a comment kept apart are one. */
function joined(nodes: readonly Dom.ChildNode[]): VisibleChild[] {
  const children: VisibleChild[] = [];
  for (const node of nodes) {
    if (defaultTreeAdapter.isElementNode(node)) children.push(node);
    else if (defaultTreeAdapter.isTextNode(node) && node.value !== '') {
      const last = children.at(-1);
      if (typeof last === 'string') children[children.length - 1] = last + node.value;
      else children.push(node.value);
    }
  }
  return children;
}

/** For each child whether the nearest thing that shows, to its left and to its right, is a break or the edge of a block. */
function lineBreaks(children: readonly VisibleChild[], hasEdges: boolean): { before: boolean[]; after: boolean[] } {
  const before: boolean[] = [];
  let isBreak = hasEdges;
  for (const child of children) {
    before.push(isBreak);
    isBreak = breakBeside(child, isBreak);
  }
  const after: boolean[] = [];
  isBreak = hasEdges;
  for (const child of children.toReversed()) {
    after.push(isBreak);
    isBreak = breakBeside(child, isBreak);
  }
  return { before, after: after.toReversed() };
}

function breakBeside(child: VisibleChild, isBreak: boolean): boolean {
  if (typeof child !== 'string') return isUnseen(child) ? isBreak : breaksLine(child.tagName);
  return isBreak && /^[\t\n\f\r ]*$/.test(child);
}
