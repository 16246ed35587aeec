import { digestJson } from '../json/digest-json.ts';
import { isArray, isContainer, isObject, Repeated, type JsonContainer, type JsonValue } from '../json/json-value.ts';
import { scalarText } from '../json/scalars.ts';
import type { RulesAt } from '../path-rules.ts';
import type { Redactor } from '../redact.ts';

/** Shorter numbers are kept as they are, so that a tolerance can be tried on them: prices and amounts, no telephone numbers. */
const HASHED_DIGITS = 7;

export interface KeepOptions {
  /** Only which places are personal. */
  readonly rules: RulesAt;
  readonly redactor: Redactor;
  /** `scalarsOf` the other side: what both have is no difference, and is kept as a keyed hash. */
  readonly shared: ReadonlySet<string>;
  /** Characters. */
  readonly maxLength: number;
}

/**
 * JSON text of a value as it is stored; undefined where it is too long. It reads as the value that it was, only that texts are
 * hashes which are personal or which the other side has as well. Takes no more stack for deep values.
 */
export function canonicalJson(
  value: JsonValue,
  { rules, redactor, shared, maxLength }: KeepOptions,
): string | undefined {
  const pieces: string[] = [];
  let length = 0;
  const tasks: Task[] = [{ value, rules }];
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    if (typeof task !== 'string' && isContainer(task.value) && !task.rules.redacted) {
      tasks.push(...partsOf(task.value, task.rules, redactor).toReversed());
      continue;
    }
    // Looking for personal data takes its time with long texts, and this one is not kept anyway.
    if (typeof task !== 'string' && typeof task.value === 'string' && task.value.length > maxLength) return undefined;
    const text = typeof task === 'string' ? task : leafText(task.value, task.rules);
    length += text.length;
    if (length > maxLength) return undefined;
    pieces.push(text);
  }
  return pieces.join('');

  function leafText(leaf: JsonValue, at: RulesAt): string {
    if (isContainer(leaf)) return hashed(digestJson(leaf, at).toString('hex'));
    const text = scalarText(leaf);
    if (at.redacted) return hashed(text);
    if (leaf === null || typeof leaf === 'boolean') return text;
    if (shared.has(text) && (typeof leaf === 'string' || digitsOf(leaf.lexeme) >= HASHED_DIGITS)) return hashed(text);
    if (typeof leaf === 'string') return JSON.stringify(redactor.text(leaf));
    return redactor.isPersonal(leaf.lexeme) ? JSON.stringify(redactor.text(leaf.lexeme)) : leaf.lexeme;
  }

  function hashed(text: string): string {
    return JSON.stringify(redactor.hash(text));
  }
}

type Task = string | { readonly value: JsonValue; readonly rules: RulesAt };

/** What stands below a container, with the brackets and names between. */
function partsOf(value: JsonContainer, rules: RulesAt, redactor: Redactor): Task[] {
  if (isArray(value)) {
    const elements = value.flatMap((each, index) => [
      ...(index === 0 ? [] : [',']),
      { value: each, rules: rules.into(index) },
    ]);
    return ['[', ...elements, ']'];
  }
  const parts: Task[] = ['{'];
  // Repeated values only ever stand in an object, which writes them.
  for (const [key, member] of isObject(value) ? value : []) {
    const name = `${JSON.stringify(redactor.text(key))}:`;
    for (const each of member instanceof Repeated ? member.values : [member]) {
      parts.push(parts.length === 1 ? name : `,${name}`, { value: each, rules: rules.into(key) });
    }
  }
  parts.push('}');
  return parts;
}

/** The texts of all scalars in a value. */
export function scalarsOf(value: JsonValue): ReadonlySet<string> {
  const found = new Set<string>();
  const left: JsonValue[] = [value];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (isArray(next)) for (const each of next) left.push(each);
    else if (isObject(next)) for (const each of next.values()) left.push(each);
    else if (next instanceof Repeated) for (const each of next.values) left.push(each);
    else found.add(scalarText(next));
  }
  return found;
}

function digitsOf(lexeme: string): number {
  return lexeme.replaceAll(/\D/g, '').length;
}
