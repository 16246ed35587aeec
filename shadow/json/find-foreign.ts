import type { Difference } from '../../src/kernel/verdict.ts';
import type { PatternStep } from '../../src/config/rule-path.ts';
import { patternOf, placeText, type PlaceStep } from '../json-path.ts';
import type { RulesAt } from '../path-rules.ts';
import type { Redactor } from '../redact.ts';
import { digestJson } from './digest-json.ts';
import { displayJson } from './display-json.ts';
import { isArray, isContainer, isObject, Repeated, type JsonValue } from './json-value.ts';
import { meaningText } from './value-sense.ts';

/** Of one `owner` rule so many are listed; one is enough to fail a gate. */
const maxListed = 5;

interface Found {
  readonly place: readonly PlaceStep[];
  readonly value: JsonValue;
  readonly rules: RulesAt;
}

/**
 * Values at the path of an `owner` rule that the candidate shows and legacy shows nowhere there: rows of somebody else. `null`
 * is nobody. Redacted like all differences.
 */
export function findForeign(
  legacy: JsonValue,
  candidate: JsonValue,
  owner: readonly PatternStep[],
  rules: RulesAt,
  redactor: Redactor,
): readonly Difference[] {
  const known = new Set<string>();
  for (const found of valuesAt(legacy, owner, rules)) known.add(textOf(found));
  const foreign: Difference[] = [];
  for (const found of valuesAt(candidate, owner, rules)) {
    if (found.value === null || known.has(textOf(found))) continue;
    // The same customer in a hundred rows is one thing to know.
    known.add(textOf(found));
    foreign.push({
      kind: 'owner',
      path: patternOf(found.place, redactor.isPersonal),
      at: placeText(found.place, redactor.text),
      legacy: undefined,
      candidate: displayJson(found.value, found.rules, redactor),
      critical: true,
    });
    if (foreign.length === maxListed) break;
  }
  return foreign;
}

function textOf({ value, rules }: Found): string {
  return isContainer(value) ? digestJson(value, rules).toString('hex') : meaningText(value, rules.senses);
}

function valuesAt(body: JsonValue, path: readonly PatternStep[], rules: RulesAt): readonly Found[] {
  let found: Found[] = [{ place: [], value: body, rules }];
  for (const step of path) found = found.flatMap((each) => childrenOf(each, step));
  return found.flatMap((each) =>
    each.value instanceof Repeated ? each.value.values.map((value) => ({ ...each, value })) : each,
  );
}

function childrenOf({ place, value, rules }: Found, step: PatternStep): Found[] {
  const child = (at: PlaceStep, below: JsonValue | undefined): Found[] =>
    below === undefined ? [] : [{ place: [...place, at], value: below, rules: rules.into(at) }];
  if (value instanceof Repeated) return value.values.flatMap((each) => childrenOf({ place, value: each, rules }, step));
  if (isArray(value)) {
    if (step.kind === 'any') return value.flatMap((below, at) => child(at, below));
    return step.kind === 'index' ? child(step.index, value[step.index]) : [];
  }
  if (!isObject(value)) return [];
  if (step.kind === 'any') return [...value].flatMap(([name, below]) => child(name, below));
  return step.kind === 'key' ? child(step.key, value.get(step.key)) : [];
}
