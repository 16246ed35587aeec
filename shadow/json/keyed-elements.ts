import { JsonNumber } from './json-number.ts';
import { isObject, type JsonArray } from './json-value.ts';

/**
 * The positions of a keyed array's elements by their key; those without a usable one stand under `undefined`. A key is a
 * string, a boolean or a number, and "1" is not 1.
 */
export function groupByKey(array: JsonArray, key: string): Map<string | undefined, number[]> {
  const groups = new Map<string | undefined, number[]>();
  for (const [index, element] of array.entries()) {
    const value = isObject(element) ? element.get(key) : undefined;
    let name: string | undefined;
    if (typeof value === 'string') name = `"${value}`;
    else if (value instanceof JsonNumber) name = value.canonical;
    else if (typeof value === 'boolean') name = String(value);
    const group = groups.get(name);
    if (group) group.push(index);
    else groups.set(name, [index]);
  }
  return groups;
}
