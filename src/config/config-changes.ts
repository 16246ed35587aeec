import { createHash } from 'node:crypto';
import type { EventSchema } from './event-schema.ts';
import { EventTypes } from './event-types.ts';
import type { NormalizedConfig } from './normalized-config.ts';
import { schemaText } from './schema-text.ts';

/**
 * The keys in which two configs differ, such as `limits.inFlight` or `features.orders.cutover.canary`, sorted. Functions
 * differ when their text does. A key that this file has never heard of is compared like any other.
 */
export function changedKeys(before: NormalizedConfig, after: NormalizedConfig): string[] {
  const [a, b] = [leavesOf(before), leavesOf(after)];
  const keys = new Set([...a.keys(), ...b.keys()]);
  return [...keys].filter((key) => a.get(key) !== b.get(key)).toSorted();
}

/** Identifies what a config says under the keys for which `counts` holds. */
export function digestOf(config: NormalizedConfig, counts: (key: string) => boolean): string {
  const leaves = [...leavesOf(config)].filter(([key]) => counts(key)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(leaves)).digest('hex');
}

function leavesOf(config: NormalizedConfig): Map<string, string> {
  const leaves = new Map<string, string>();
  collect(config, '', leaves);
  return leaves;
}

function collect(value: unknown, path: string, leaves: Map<string, string>): void {
  const entries = isSchema(value) ? undefined : entriesOf(value);
  if (entries === undefined) {
    leaves.set(path, textOf(value));
    return;
  }
  for (const [key, entry] of entries) collect(entry, path === '' ? key : `${path}.${key}`, leaves);
}

/** The parts of a value that has keys of its own. A list of things with names goes by these; any other list or set is a leaf. */
function entriesOf(value: unknown): readonly (readonly [string, unknown])[] | undefined {
  if (value instanceof EventTypes) return value.texts();
  if (value instanceof Map) return [...value].map(([key, entry]) => [String(key), entry]);
  if (Array.isArray(value)) {
    const names = value.map(nameOf);
    if (value.length === 0 || names.includes(undefined)) return undefined;
    return value.map((entry, index): [string, unknown] => [names[index]!, entry]);
  }
  if (typeof value !== 'object' || value === null || isOnePiece(value)) return undefined;
  return Object.entries(value);
}

/** What shows nothing of what it says to who asks for its keys. */
function isOnePiece(value: object): boolean {
  return value instanceof URL || value instanceof RegExp || value instanceof Set;
}

/** Of events' data. What is in one is no part of a config, and it may refer to itself. */
function isSchema(value: unknown): value is EventSchema {
  return typeof value === 'object' && value !== null && 'safeParse' in value;
}

function nameOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('name' in value)) return undefined;
  return typeof value.name === 'string' ? value.name : undefined;
}

function textOf(value: unknown): string {
  if (isSchema(value)) return schemaText(value);
  if (typeof value === 'function') return value.toString();
  if (value instanceof URL) return value.href;
  if (value instanceof RegExp) return String(value);
  if (value instanceof Set) return JSON.stringify([...value]);
  if (typeof value === 'number') return String(value);
  return JSON.stringify(value) ?? 'undefined';
}
