import { digestJson } from '../json/digest-json.ts';
import { isArray, isContainer, isObject, Repeated, type JsonContainer, type JsonValue } from '../json/json-value.ts';
import { scalarText } from '../json/scalars.ts';
import type { RulesAt } from '../path-rules.ts';
import type { Redactor } from '../redact.ts';
import type { OtherSide } from './other-side.ts';

export interface KeepOptions {
  /** Only which places are personal. */
  readonly rules: RulesAt;
  readonly redactor: Redactor;
  readonly other: OtherSide;
  /** Characters. */
  readonly maxLength: number;
}

interface Part {
  readonly value: JsonValue;
  readonly rules: RulesAt;
  /** It stands under a name that says so. */
  readonly isSecret: boolean;
}

type Task = string | Part;

/**
 * JSON text of a value as it is stored; undefined where it is too long. It reads as the value that it was, only that most texts
 * are keyed hashes: readable are those that a rule may want to see. Takes no more stack for deep values.
 */
export function canonicalJson(value: JsonValue, options: KeepOptions): string | undefined {
  const { rules, redactor, maxLength } = options;
  const pieces: string[] = [];
  let length = 0;
  const tasks: Task[] = [{ value, rules, isSecret: false }];
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    if (typeof task !== 'string' && isContainer(task.value) && !task.rules.redacted) {
      for (const part of partsOf(task, task.value, redactor).toReversed()) tasks.push(part);
      continue;
    }
    const text = typeof task === 'string' ? task : leafText(task, options);
    length += text.length;
    if (length > maxLength) return undefined;
    pieces.push(text);
  }
  return pieces.join('');
}

function leafText({ value: leaf, rules, isSecret }: Part, { redactor, other }: KeepOptions): string {
  const hashed = (text: string): string => JSON.stringify(redactor.hash(text));
  if (isContainer(leaf)) return hashed(digestJson(leaf, rules).toString('hex'));
  const text = scalarText(leaf);
  if (rules.redacted || isSecret) return hashed(text);
  if (leaf === null || typeof leaf === 'boolean') return text;
  if (typeof leaf === 'string') return other.needsText(leaf) ? JSON.stringify(redactor.text(leaf)) : hashed(text);
  if (!other.needsNumber(leaf.lexeme, text)) return hashed(text);
  return redactor.isPersonal(leaf.lexeme) ? JSON.stringify(redactor.text(leaf.lexeme)) : leaf.lexeme;
}

/** What stands below a container, with the brackets and names between. */
function partsOf({ rules, isSecret }: Part, value: JsonContainer, redactor: Redactor): Task[] {
  const parts: Task[] = [];
  if (isArray(value)) {
    for (const [index, each] of value.entries()) {
      parts.push(index === 0 ? '[' : ',', { value: each, rules: rules.into(index), isSecret });
    }
    parts.push(parts.length === 0 ? '[]' : ']');
    return parts;
  }
  // Repeated values only ever stand in an object, which writes them.
  for (const [key, member] of isObject(value) ? value : []) {
    const name = `${JSON.stringify(redactor.text(key))}:`;
    for (const each of member instanceof Repeated ? member.values : [member]) {
      parts.push(`${parts.length === 0 ? '{' : ','}${name}`, {
        value: each,
        rules: rules.into(key),
        isSecret: isSecret || redactor.isSecretField(key),
      });
    }
  }
  parts.push(parts.length === 0 ? '{}' : '}');
  return parts;
}
