import type { Facts } from '../../src/kernel/facts.ts';
import type { MismatchFacts } from '../../src/store/fact-store.ts';

/** What is told apart: answers, or elements of an array where that is what differs. */
export interface Units {
  readonly mismatches: readonly Facts[];
  readonly matches: readonly Facts[];
  readonly areElements: boolean;
}

/**
 * The units of a group with those facts that can tell them apart. Of elements, the contrast are elements of answers that match, and
 * those that match beside one that differs. No I/O.
 */
export function unitsOf(
  { path, kind }: { readonly path: string; readonly kind: string },
  differing: readonly MismatchFacts[],
  matching: readonly Facts[],
): Units {
  const arrays = arraysOf(path, kind);
  const innermost = arrays.at(-1);
  const isKnown = (name: string): boolean => isOnTheWay(name, arrays) && !isImplied(name, path, kind);
  const only = (facts: Facts): Facts => Object.fromEntries(Object.entries(facts).filter(([name]) => isKnown(name)));
  const contrast =
    innermost === undefined
      ? matching
      : [
          ...matching.filter((facts) => hasElement(facts, innermost)),
          ...differing.flatMap(({ beside }) => (beside === undefined ? [] : [beside])),
        ];
  return {
    mismatches: differing.map(({ differs }) => only(differs)),
    matches: contrast.map(only),
    areElements: innermost !== undefined,
  };
}

/** The arrays that a path leads into, by the pattern of their elements: `$.rows[*]`, `$.rows[*].lines[*]`. */
function arraysOf(path: string, kind: string): string[] {
  const arrays = [...path.matchAll(/\[\*\]/g)].map(({ index }) => path.slice(0, index + 3));
  // An element that only the candidate has is none of legacy's, of which facts are taken.
  return kind === 'extra' && arrays.at(-1) === path ? arrays.slice(0, -1) : arrays;
}

function isOnTheWay(name: string, arrays: readonly string[]): boolean {
  const end = name.lastIndexOf('[*]');
  return end < 0 || arrays.includes(name.slice(0, end + 3));
}

/** That legacy has no value where the candidate has one too many is known already; so is the reverse. */
function isImplied(name: string, path: string, kind: string): boolean {
  return name === path && (kind === 'extra' || kind === 'missing');
}

function hasElement(facts: Facts, elements: string): boolean {
  const length = facts[`${elements.slice(0, -'[*]'.length)} length`];
  return typeof length === 'number' && length > 0;
}
