import * as fc from 'fast-check';
import { keys, objectOf } from '../arbitraries.ts';

export type Steps = readonly (string | number)[];

/** Every place in a value: the steps that lead there. */
export function placesOf(value: unknown, place: Steps = []): Steps[] {
  return [place, ...childrenOf(value).flatMap(([step, child]) => placesOf(child, [...place, step]))];
}

function childrenOf(value: unknown): (readonly [string | number, unknown])[] {
  if (Array.isArray(value)) return [...value.entries()];
  return isObject(value) ? Object.entries(value) : [];
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value with what stands at a place changed. */
export function changedAt(value: unknown, place: Steps, change: (old: unknown) => unknown): unknown {
  const [step, ...rest] = place;
  if (step === undefined) return change(value);
  if (Array.isArray(value)) return value.map((child, at) => (at === step ? changedAt(child, rest, change) : child));
  if (!isObject(value)) throw new Error('no such place');
  const members = Object.entries(value);
  return objectOf(members.map(([key, child]) => [key, key === step ? changedAt(child, rest, change) : child]));
}

/** A change, and the differences that name it rightly: one of these lists. */
export interface Planted {
  readonly value: unknown;
  readonly expected: readonly (readonly string[])[];
}

export interface Plan {
  readonly pick: number;
  readonly second: number;
  readonly key: string;
  readonly what: 'replace' | 'remove' | 'add' | 'swap';
}

export const planting: fc.Arbitrary<Plan> = fc.record({
  pick: fc.nat(),
  second: fc.nat(),
  key: keys,
  what: fc.constantFrom('replace' as const, 'remove' as const, 'add' as const, 'swap' as const),
});

/** A marker that no value of the arbitraries is equal to. */
const planted = 'planted by the test';

/** Plants one change. `placeText` writes a place as reports do. Undefined: there is nothing there to be changed like that. */
export function plant(
  value: unknown,
  { pick, second, key, what }: Plan,
  placeText: (place: Steps) => string,
): Planted | undefined {
  const places = placesOf(value);
  const place = places[pick % places.length]!;
  const at = (step: string | number): string => placeText([...place, step]);
  let expected: string[][] | undefined;
  const changed = changedAt(value, place, (old) => {
    if (what === 'replace') {
      expected = [[`${typeof old === 'string' ? 'value' : 'type'} ${placeText(place)}`]];
      return planted;
    }
    if (Array.isArray(old)) {
      const index = old.length === 0 ? 0 : second % old.length;
      if (what === 'add') {
        expected = [[`extra ${at(index)}`]];
        return old.toSpliced(index, 0, planted);
      }
      if (old.length === 0) return old;
      if (what === 'remove') {
        // Of a run of equal elements any one may be said to be missing.
        const rest = old.toSpliced(index, 1);
        const same = [...old.keys()].filter((other) => isSameText(old.toSpliced(other, 1), rest));
        expected = same.map((other) => [`missing ${at(other)}`]);
        return rest;
      }
      const next = (index + 1) % old.length;
      const swapped = old.with(index, old[next]).with(next, old[index]);
      if (isSameText(swapped, old)) return old;
      expected = [[`order ${placeText(place)}`]];
      return swapped;
    }
    if (!isObject(old) || what === 'swap') return old;
    const members = Object.entries(old).filter(([name]) => name !== key);
    if (what === 'add') {
      if (Object.hasOwn(old, key)) return old;
      expected = [[`extra ${at(key)}`]];
      return objectOf([...members, [key, planted]]);
    }
    const gone = Object.keys(old)[second % Object.keys(old).length];
    if (gone === undefined) return old;
    expected = [[`missing ${at(gone)}`]];
    return objectOf(Object.entries(old).filter(([name]) => name !== gone));
  });
  return expected && { value: changed, expected };
}

function isSameText(a: unknown, b: unknown): boolean {
  return sortedText(a) === sortedText(b);
}

function sortedText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedText).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value).toSorted();
  return `{${members.map((key) => `${JSON.stringify(key)}:${sortedText(value[key])}`).join(',')}}`;
}
