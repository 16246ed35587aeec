import type { RulesAt } from '../path-rules.ts';
import { JsonNumber } from './json-number.ts';
import { isObject, type JsonArray, type JsonValue } from './json-value.ts';
import { meaningText, type ValueSense } from './value-sense.ts';

/**
 * The positions of a keyed array's elements by their key; those without a usable one stand under `undefined`, as all do
 * where there are no key names. The parts of a key are strings, booleans and numbers, and "1" is 1 only where a format says
 * so. `rules`: those of the elements.
 */
export function groupByKey(
  array: JsonArray,
  names: readonly string[],
  rules: RulesAt,
): Map<string | undefined, number[]> {
  const senses = names.map((name) => rules.into(name).senses);
  const groups = new Map<string | undefined, number[]>();
  for (const [index, element] of array.entries()) {
    const key = keyOf(element, names, senses);
    const group = groups.get(key);
    if (group) group.push(index);
    else groups.set(key, [index]);
  }
  return groups;
}

function keyOf(
  element: JsonValue,
  names: readonly string[],
  senses: readonly (ValueSense | undefined)[],
): string | undefined {
  if (!isObject(element) || names.length === 0) return undefined;
  let key = '';
  for (const [at, name] of names.entries()) {
    const part = keyPart(element.get(name), senses[at]);
    if (part === undefined) return undefined;
    // Each text says where it ends: strings by their quote, the others by the comma that is in none of them.
    key += at === 0 ? part : `,${part}`;
  }
  return key;
}

function keyPart(value: JsonValue | undefined, sense: ValueSense | undefined): string | undefined {
  const isUsable = typeof value === 'string' || typeof value === 'boolean' || value instanceof JsonNumber;
  return isUsable ? meaningText(value, sense) : undefined;
}
