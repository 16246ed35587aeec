import { meaningHash } from './meaning-hash.ts';
import type { TokenTape } from './token-tape.ts';

export type ElementRelation =
  /** No element of one side is equal to one of the other. */
  | { readonly kind: 'disjoint' }
  /** Both have the same elements, each as often; the same number for those that are equal. */
  | { readonly kind: 'same'; readonly legacy: readonly number[]; readonly candidate: readonly number[] }
  | { readonly kind: 'unknown' };

const disjoint: ElementRelation = { kind: 'disjoint' };
const unknown: ElementRelation = { kind: 'unknown' };

/**
 * What the elements of two arrays have to do with each other where no rule is about them. Hashes tell those apart that differ;
 * what is said to be equal `isSame` has said of two, which may be wrong in saying that they are not.
 */
export function elementRelation(
  legacy: { readonly tape: TokenTape; readonly nodes: readonly number[] },
  candidate: { readonly tape: TokenTape; readonly nodes: readonly number[] },
  isSame: (legacy: number, candidate: number) => boolean,
): ElementRelation {
  const classes = new Map<number, number>();
  const ours = legacy.nodes.map((node) => {
    const hash = meaningHash(legacy.tape, node);
    const known = classes.get(hash);
    if (known === undefined) classes.set(hash, classes.size);
    return known ?? classes.size - 1;
  });
  const theirs = candidate.nodes.map((node) => classes.get(meaningHash(candidate.tape, node)) ?? -1);
  const common = theirs.filter((each) => each >= 0).length;
  if (common === 0) return disjoint;
  if (common < theirs.length || ours.length !== theirs.length) return unknown;
  // Equal are those of a class if its first one on either side is equal to all of the other side.
  const [firstOfOurs, firstOfTheirs] = [firsts(ours, legacy.nodes), firsts(theirs, candidate.nodes)];
  const members = new Int32Array(classes.size);
  for (const [at, each] of ours.entries()) {
    const other = firstOfTheirs[each];
    if (other === undefined || !isSame(legacy.nodes[at]!, other)) return unknown;
    members[each]! += 1;
  }
  for (const [at, each] of theirs.entries()) {
    const first = firstOfOurs[each]!;
    const isKnown = candidate.nodes[at] === firstOfTheirs[each];
    if (!isKnown && !isSame(first, candidate.nodes[at]!)) return unknown;
    members[each]! -= 1;
  }
  return members.every((count) => count === 0) ? { kind: 'same', legacy: ours, candidate: theirs } : unknown;
}

/** The first node of each class. */
function firsts(classes: readonly number[], nodes: readonly number[]): readonly (number | undefined)[] {
  const found: (number | undefined)[] = [];
  for (const [at, each] of classes.entries()) found[each] ??= nodes[at];
  return found;
}
