import { parse } from 'lossless-json';
import { JsonNumber } from './json-number.ts';

export type JsonObject = { readonly [key: string]: JsonValue };
export type JsonArray = readonly JsonValue[];
export type JsonValue = null | boolean | string | JsonNumber | JsonArray | JsonObject;

export type JsonFault =
  /** It is not JSON at all. */
  | 'not-json'
  /** An object has a key twice, and which of the two a reader sees depends on the reader. */
  | 'duplicate-keys'
  /** Nested deeper than what can be walked safely. */
  | 'too-deep'
  /** More values than can be compared within reasonable time and memory. */
  | 'too-complex';

export type ParsedJson =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly fault: JsonFault };

export const maxJsonDepth = 256;
export const maxJsonValues = 250_000;

/** Parses JSON without losing a digit or a key. What cannot be read exactly is a fault, never a guess. */
export function parseJson(text: string): ParsedJson {
  const outline = outlineOf(text);
  if (outline.depth > maxJsonDepth) return isJson(text) ? fault('too-deep') : fault('not-json');
  if (outline.separators > maxJsonValues) return isJson(text) ? fault('too-complex') : fault('not-json');
  let value: unknown;
  try {
    value = parse(text, null, {
      parseNumber: (lexeme) => new JsonNumber(lexeme),
      onDuplicateKey: ({ key }) => {
        throw new DuplicateKey(key);
      },
    });
  } catch (error) {
    return fault(error instanceof DuplicateKey ? 'duplicate-keys' : 'not-json');
  }
  // The parser keeps quiet about a repeated key whose values it takes for equal, {} and [] among them.
  if (!isJsonValue(value)) return fault('not-json');
  return countMembers(value) === outline.members ? { ok: true, value } : fault('duplicate-keys');
}

class DuplicateKey extends Error {}

function fault(name: JsonFault): ParsedJson {
  return { ok: false, fault: name };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

interface Outline {
  readonly depth: number;
  /** Colons outside of strings: one for every member of an object. */
  readonly members: number;
  /** Commas, colons and opening brackets outside of strings: at least one for every value. */
  readonly separators: number;
}

function outlineOf(text: string): Outline {
  let depth = 0;
  let deepest = 0;
  let members = 0;
  let separators = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === 0x22) {
      i = endOfString(text, i);
    } else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      separators += 1;
      if (depth > deepest) deepest = depth;
    } else if (code === 0x7d || code === 0x5d) {
      depth -= 1;
    } else if (code === 0x3a) {
      members += 1;
      separators += 1;
    } else if (code === 0x2c) {
      separators += 1;
    }
  }
  return { depth: deepest, members, separators };
}

function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text.charCodeAt(i) !== 0x22) i += text.charCodeAt(i) === 0x5c ? 2 : 1;
  return i;
}

function countMembers(value: JsonValue): number {
  if (isArray(value)) return value.reduce<number>((sum, element) => sum + countMembers(element), 0);
  if (!isObject(value)) return 0;
  const keys = Object.keys(value);
  return keys.reduce((sum, key) => sum + countMembers(value[key]!), keys.length);
}

/** The parser promises nothing about its result; below the top its own shapes can be trusted. */
function isJsonValue(value: unknown): value is JsonValue {
  return value === null || ['boolean', 'string', 'object'].includes(typeof value);
}

export function isArray(value: JsonValue | undefined): value is JsonArray {
  return Array.isArray(value);
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
}

export type JsonType = 'null' | 'boolean' | 'string' | 'number' | 'array' | 'object';

export function typeOf(value: JsonValue): JsonType {
  if (value === null) return 'null';
  if (value instanceof JsonNumber) return 'number';
  if (isArray(value)) return 'array';
  if (typeof value === 'string') return 'string';
  return typeof value === 'boolean' ? 'boolean' : 'object';
}

/** The member, if the object has it as its own: `constructor` and `__proto__` are keys like any other. */
export function member(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
