import type { Difference } from '../../src/kernel/verdict.ts';
import { orderKey } from './element-tree.ts';

const orderStep = `['${orderKey}']`;
const isChildStep = /^(?:\.[^.[\]]+|\['(?:[^'\\]|\\.)*'\])(?:\[\d+\])?$/u;

/**
 * Without the order of children where a child is missing or extra: that is one thing to mend, and it is said already. Never
 * leaves less than one difference of those it is given.
 */
export function withoutImpliedOrder(differences: readonly Difference[]): readonly Difference[] {
  const places = differences.filter(({ kind }) => kind === 'missing' || kind === 'extra').map(({ at }) => at);
  return differences.filter(({ at }) => {
    if (!at.endsWith(orderStep)) return true;
    const parent = at.slice(0, -orderStep.length);
    return !places.some((place) => place !== at && isChildOf(place, parent));
  });
}

function isChildOf(place: string, parent: string): boolean {
  return place.startsWith(parent) && isChildStep.test(place.slice(parent.length));
}
