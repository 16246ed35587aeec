import type { CompareRule } from '../../src/config/rule-list.ts';
import { moveOf, type RuleMove } from '../../src/config/rule-move.ts';
import type { PatternStep } from '../../src/config/rule-path.ts';
import { isArray, isObject, type JsonObject, type JsonValue } from './json-value.ts';

export type NamedMove = RuleMove & { readonly id: string };

/** The moves that `map` rules ask for. Throws a SyntaxError. */
export function movesOf(rules: readonly CompareRule[]): readonly NamedMove[] {
  return rules.flatMap((rule) => {
    if (rule.kind !== 'map') return [];
    const move = moveOf(rule.path, rule.to);
    if (typeof move === 'string') throw new SyntaxError(`${rule.path} cannot be mapped to ${rule.to}: ${move}`);
    return { ...move, id: rule.id };
  });
}

export interface MovedBody {
  readonly value: JsonValue;
  /** Ids of the rules that found something to move. */
  readonly moved: ReadonlySet<string>;
}

/**
 * A body with what stands at legacy's places put at the candidate's. Where there is something already, or no room for it,
 * nothing is moved, so that it shows. An object that is left without anything goes as well. The body itself is not changed.
 */
export function moveValues(body: JsonValue, moves: readonly NamedMove[]): MovedBody {
  const moved = new Set<string>();
  let value = body;
  for (const move of moves) {
    const changed = below(value, move.above, (holder) => movedWithin(holder, move));
    if (changed !== value) moved.add(move.id);
    value = changed;
  }
  return { value, moved };
}

/** Calls itself no deeper than the path of a rule is long. */
function below(
  value: JsonValue,
  steps: readonly PatternStep[],
  change: (holder: JsonValue) => JsonValue,
  at = 0,
): JsonValue {
  const step = steps[at];
  if (step === undefined) return change(value);
  const into = (child: JsonValue): JsonValue => below(child, steps, change, at + 1);
  if (isArray(value) && step.kind !== 'key') {
    const elements = value.map((child, index) => (step.kind === 'any' || step.index === index ? into(child) : child));
    return elements.some((child, index) => child !== value[index]) ? elements : value;
  }
  if (!isObject(value) || step.kind === 'index') return value;
  const names = step.kind === 'any' ? [...value.keys()] : value.has(step.key) ? [step.key] : [];
  let members: Map<string, JsonValue> | undefined;
  for (const name of names) {
    const child = value.get(name)!;
    const changed = into(child);
    if (changed !== child) (members ??= new Map(value)).set(name, changed);
  }
  return members ?? value;
}

function movedWithin(holder: JsonValue, { from, to }: RuleMove): JsonValue {
  if (!isObject(holder)) return holder;
  const found = valueAt(holder, from);
  if (found === undefined || valueAt(holder, to) !== undefined) return holder;
  const rest = without(holder, from);
  // The last thing of an object may be moved within it: then there is still a place for it.
  return withValue(rest ?? new Map(), to, found) ?? holder;
}

function valueAt(holder: JsonObject, names: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = holder;
  for (const name of names) value = isObject(value) ? value.get(name) : undefined;
  return value;
}

/** Undefined: nothing is left of it. */
function without(holder: JsonObject, [name, ...names]: readonly string[]): JsonObject | undefined {
  const members = new Map(holder);
  const child = members.get(name!);
  const rest = names.length > 0 && isObject(child) ? without(child, names) : undefined;
  if (rest === undefined) members.delete(name!);
  else members.set(name!, rest);
  return members.size === 0 ? undefined : members;
}

/** Undefined: something that can hold no name is in the way. */
function withValue(holder: JsonObject, [name, ...names]: readonly string[], value: JsonValue): JsonObject | undefined {
  const members = new Map(holder);
  if (names.length === 0) return members.set(name!, value);
  const child = members.get(name!) ?? new Map<string, JsonValue>();
  const changed = isObject(child) ? withValue(child, names, value) : undefined;
  return changed && members.set(name!, changed);
}
