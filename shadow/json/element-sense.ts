import type { RulesAt } from '../path-rules.ts';
import { isContainer, type JsonArray } from './json-value.ts';
import type { ElementSense } from './pair-elements.ts';
import { rankOf } from './rank-of.ts';
import type { SubtreeIds } from './subtree-ids.ts';

/**
 * How two arrays' elements are compared, whichever they are: by their numbers, and within tolerances by `isEqual`. The
 * rules are those of the elements. An element gets its number when it is asked for.
 */
export function elementSense(
  legacy: JsonArray,
  candidate: JsonArray,
  rules: RulesAt,
  ids: SubtreeIds,
  isEqual: (legacy: number, candidate: number) => boolean,
): ElementSense {
  const arrays = { legacy, candidate };
  const numbers = { legacy: new Float64Array(legacy.length), candidate: new Float64Array(candidate.length) };
  const idOf = (side: 'legacy' | 'candidate', index: number): number => {
    const known = numbers[side][index]!;
    return known === 0 ? (numbers[side][index] = ids.of(arrays[side][index]!, rules)) : known;
  };
  return {
    rankOf: (side, index) => {
      const value = arrays[side][index]!;
      return rules.senses === undefined || isContainer(value) ? undefined : rankOf(value, rules.senses);
    },
    isContainer: (side, index) => isContainer(arrays[side][index]!),
    hasTolerance: rules.holdsTolerance,
    idOf,
    isSame: (left, right) =>
      rules.ignored ||
      idOf('legacy', left) === idOf('candidate', right) ||
      (rules.holdsTolerance && isEqual(left, right)),
  };
}
