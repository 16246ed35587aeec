import { JsonNumber } from './json-number.ts';

/** Keys in the order they were written. All are ordinary: the empty one, `__proto__` and `constructor` as well. */
export type JsonObject = ReadonlyMap<string, JsonValue>;
export type JsonArray = readonly JsonValue[];
export type JsonContainer = JsonArray | JsonObject | Repeated;
export type JsonValue = null | boolean | string | JsonNumber | JsonContainer;

/** The values, in order, of a key that an object has more than once. Only found as a member of an object. */
export class Repeated {
  readonly #values: JsonValue[];

  constructor(values: readonly JsonValue[]) {
    this.#values = [...values];
  }

  get values(): readonly JsonValue[] {
    return this.#values;
  }

  /** Only while its text is read. */
  add(value: JsonValue): void {
    this.#values.push(value);
  }
}

export type JsonType = 'null' | 'boolean' | 'string' | 'number' | 'array' | 'object' | 'repeated';

export function isArray(value: JsonValue | undefined): value is JsonArray {
  return Array.isArray(value);
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return value instanceof Map;
}

/** Whether it is a value that holds others. */
export function isContainer(value: JsonValue): value is JsonContainer {
  return typeof value === 'object' && value !== null && !(value instanceof JsonNumber);
}

export function typeOf(value: JsonValue): JsonType {
  if (value === null) return 'null';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'boolean';
  if (value instanceof JsonNumber) return 'number';
  if (value instanceof Repeated) return 'repeated';
  return isArray(value) ? 'array' : 'object';
}
