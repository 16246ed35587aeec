import { JsonNumber, isDecimal } from './json-number.ts';
import { isArray, isObject, member, typeOf, type JsonArray, type JsonObject, type JsonValue } from './parse-json.ts';
import type { RulesAt } from './path-rules.ts';

/**
 * One text for all values that mean the same under the rules: keys sorted, numbers as decimals, ignored places left out,
 * keyed arrays in a fixed order, values with a tolerance in steps of it.
 */
export function canonicalJson(value: JsonValue, rules: RulesAt): string {
  if (rules.ignored) return '';
  if (isArray(value)) return canonicalArray(value, rules);
  if (isObject(value)) return canonicalObject(value, rules);
  return rules.tolerance === undefined ? scalarText(value) : steppedText(value, rules.tolerance);
}

function canonicalArray(value: JsonArray, rules: RulesAt): string {
  const texts = value.map((element, index) => canonicalJson(element, rules.into(index)));
  return `[${(rules.keyedBy === undefined ? texts : texts.toSorted()).join(',')}]`;
}

function canonicalObject(value: JsonObject, rules: RulesAt): string {
  const members: string[] = [];
  for (const key of Object.keys(value).toSorted()) {
    const below = rules.into(key);
    if (!below.ignored) members.push(`${JSON.stringify(key)}:${canonicalJson(value[key]!, below)}`);
  }
  return `{${members.join(',')}}`;
}

/** One text per scalar and type; texts of different types never meet. */
export function scalarText(value: JsonValue): string {
  if (value instanceof JsonNumber) return value.canonical;
  return JSON.stringify(value);
}

/** The decimal of a number or of a string that holds one, which is what a tolerance applies to. */
export function decimalOf(value: JsonValue | undefined): string | undefined {
  if (value instanceof JsonNumber) return value.lexeme;
  return typeof value === 'string' && isDecimal(value) ? value : undefined;
}

/** Jitter within the tolerance then gives at most two texts, so it cannot pass for ever new data. */
function steppedText(value: JsonValue, tolerance: number): string {
  const decimal = decimalOf(value);
  const step = tolerance * 2;
  const steps = decimal === undefined || step === 0 ? Number.NaN : Math.round(Number(decimal) / step);
  return Number.isFinite(steps) ? `~${typeOf(value)}${steps}` : scalarText(value);
}

/** The elements of a keyed array by their key; those without a usable one stand under `undefined`. */
export function groupByKey(array: JsonArray, key: string): Map<string | undefined, number[]> {
  const groups = new Map<string | undefined, number[]>();
  for (const [index, element] of array.entries()) {
    const value = isObject(element) ? member(element, key) : undefined;
    const isUsable = value !== undefined && value !== null && !isArray(value) && !isObject(value);
    const name = isUsable ? scalarText(value) : undefined;
    const group = groups.get(name);
    if (group) group.push(index);
    else groups.set(name, [index]);
  }
  return groups;
}
