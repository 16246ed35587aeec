import deepDiff from 'deep-diff';
import type { Difference } from '../src/kernel/verdict.ts';
import { align, positionOf, stepOf, type Aligned, type PairedStep } from './align.ts';
import { displayJson } from './display-json.ts';
import { patternOf, placeText } from './json-path.ts';
import { isArray, isObject, member, typeOf, type JsonValue } from './parse-json.ts';
import type { RulesAt } from './path-rules.ts';
import type { Redactor } from './redact.ts';

export const maxDifferences = 50;

export interface ListedDifferences {
  /** Critical ones first; at most 50. Empty: equal under the rules. Personal data is redacted. */
  readonly differences: readonly Difference[];
  /** There are more than are listed. */
  readonly truncated: boolean;
}

/** Lists where two JSON bodies differ under the rules. */
export function listDifferences(
  legacy: JsonValue,
  candidate: JsonValue,
  rules: RulesAt,
  redactor: Redactor,
): ListedDifferences {
  const aligned = align(legacy, candidate, rules);
  if (!aligned) return { differences: [], truncated: false };
  const found = deepDiff<Aligned>(aligned.legacy, aligned.candidate) ?? [];
  const places = found.map((difference) => (difference.path ?? []).map((token) => stepOf(String(token))));
  const ranked = places.map((steps) => ({ steps, rules: rules.at(steps.map(placeStep)) }));
  ranked.sort((a, b) => Number(b.rules.critical) - Number(a.rules.critical));
  const differences = ranked
    .slice(0, maxDifferences)
    .map((place) => describe(place.steps, place.rules, legacy, candidate, redactor));
  return { differences, truncated: aligned.truncated || ranked.length > maxDifferences };
}

function describe(
  steps: readonly PairedStep[],
  rules: RulesAt,
  legacyRoot: JsonValue,
  candidateRoot: JsonValue,
  redactor: Redactor,
): Difference {
  const legacy = valueAt(legacyRoot, steps, 'legacy');
  const candidate = valueAt(candidateRoot, steps, 'candidate');
  const place = steps.map(placeStep);
  return {
    kind: kindOf(legacy, candidate),
    path: patternOf(place, redactor.isPersonal),
    at: placeText(place, redactor.text),
    legacy: legacy === undefined ? undefined : displayJson(legacy, rules, redactor),
    candidate: candidate === undefined ? undefined : displayJson(candidate, rules, redactor),
    critical: rules.critical,
  };
}

function kindOf(legacy: JsonValue | undefined, candidate: JsonValue | undefined): Difference['kind'] {
  if (candidate === undefined) return 'missing';
  if (legacy === undefined) return 'extra';
  return typeOf(legacy) === typeOf(candidate) ? 'value' : 'type';
}

function placeStep(step: PairedStep): string | number {
  return typeof step === 'string' ? step : positionOf(step);
}

function valueAt(root: JsonValue, steps: readonly PairedStep[], side: 'legacy' | 'candidate'): JsonValue | undefined {
  let value: JsonValue | undefined = root;
  for (const step of steps) {
    if (typeof step === 'string') value = isObject(value) ? member(value, step) : undefined;
    else value = isArray(value) && step[side] !== undefined ? value[step[side]] : undefined;
  }
  return value;
}
