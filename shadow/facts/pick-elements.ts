import { parsePath } from '../../src/config/rule-path.ts';
import type { PlaceStep } from '../json-path.ts';
import type { PickElement } from './body-facts.ts';

/**
 * The steps of an exact place as differences name it. Undefined where it cannot be walked: it was shortened, a key in it was
 * redacted, or it is no place in a body.
 */
export function stepsOf(at: string): readonly PlaceStep[] | undefined {
  if (!at.startsWith('$') || at.includes('…') || at.includes('<redacted:')) return undefined;
  const steps: PlaceStep[] = [];
  for (const step of parsePath(at)) {
    if (step.kind === 'any') return undefined;
    steps.push(step.kind === 'key' ? step.key : step.index);
  }
  return steps;
}

/** One element of each array, the same ones for the same seed. */
export function pickEvenly(seed: Uint8Array): PickElement {
  let state = seed.reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, 0);
  return (_, length) => {
    // A multiplicative generator (Lehmer, with the constants of MINSTD); the seed is a hash already.
    state = ((state % 2_147_483_646) + 1) * 48_271;
    state %= 2_147_483_647;
    return length === 0 ? undefined : state % length;
  };
}

/** The elements that lead to a place, and of other arrays none. */
export function pickTowards(place: readonly PlaceStep[]): PickElement {
  return (array) => {
    const step = place[array.length];
    const isOnTheWay = typeof step === 'number' && array.every((above, at) => above === place[at]);
    return isOnTheWay ? step : undefined;
  };
}

/** The same with another element of the innermost array that the place leads through. */
export function placeBeside(place: readonly PlaceStep[], index: number): readonly PlaceStep[] {
  const at = innermostArray(place);
  return at < 0 ? place : [...place.slice(0, at), index];
}

/** Where in a place the position in the innermost array stands; -1: it leads through none. */
export function innermostArray(place: readonly PlaceStep[]): number {
  return place.findLastIndex((step) => typeof step === 'number');
}
