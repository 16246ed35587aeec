import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareJson, type JsonComparison } from '../../../shadow/json/compare-json.ts';
import { DifferingParts } from '../../../shadow/json/differing-parts.ts';
import { findHidden } from '../../../shadow/json/find-hidden.ts';
import { isArray, isObject, Repeated, type JsonValue } from '../../../shadow/json/json-value.ts';
import { parseJson } from '../../../shadow/json/parse-json.ts';
import { PlainEquality } from '../../../shadow/json/plain-equality.ts';
import { TextFollower } from '../../../shadow/json/text-follower.ts';
import { fromText, rulesOf, testRedactor, type PathRules } from '../arbitraries.ts';
import { Speller } from './spelled-texts.ts';

// As answers are compared: what one has read the other one goes on with.
const follower = new TextFollower();
const equality = new PlainEquality(follower);
const parts = new DifferingParts(follower);

const someRules: fc.Arbitrary<Partial<PathRules>> = fc.oneof(
  fc.constant({}),
  fc.record({
    ignore: fc.subarray(['$.a', '$[0]', '$[*].b', '$.*.id', "$['']", '$.rows[*].a']),
    keyed: fc.constantFrom({}, { $: 'id' }, { '$[*]': 'a' }, { '$.rows': 'id', $: 'id' }, { $: { by: ['a', 'b'] } }),
    unordered: fc.subarray(['$.a', '$[*]', '$.*.a']),
    critical: fc.subarray(['$.a', '$[*].id', '$[1]']),
    redact: fc.subarray(['$.rows', '$[*].a', '$.token[*].b']),
  }),
);

/** Where a key has an escape or comes twice, equal elements may not be seen to be, so that of a run of them another one may be told. */
function isLooselyFollowed(texts: readonly string[], legacy: JsonValue): boolean {
  return texts.some((text) => text.includes('\\')) || hasRepeated(legacy);
}

function hasRepeated(value: JsonValue): boolean {
  if (value instanceof Repeated) return true;
  return (isArray(value) || isObject(value)) && [...value.values()].some(hasRepeated);
}

function told(comparison: JsonComparison): unknown {
  if (comparison.outcome !== 'different') return comparison;
  const { differences, truncated } = comparison;
  return { names: differences.map(({ kind, path, critical }) => `${kind} ${path} ${critical}`).toSorted(), truncated };
}

interface Look {
  readonly what: JsonComparison['outcome'] | 'broken';
  /** What is said by following one text along the other. */
  readonly followed: readonly unknown[];
  /** The same by who reads all of both. */
  readonly whole: readonly unknown[];
}

function lookAt(texts: readonly [string, string], rules: Partial<PathRules>): Look {
  const [one, other] = [Buffer.from(texts[0]), Buffer.from(texts[1])];
  const under = rulesOf(rules);
  const isEqual = equality.holds(one, other, under);
  const pair = parts.read(one, other, under, testRedactor.isSecretField);
  // A byte-order mark is no part of the text.
  const [legacy, candidate] = texts.map((text) => text.replace(/^\uFEFF/, ''));
  if (!parseJson(legacy!).ok || !parseJson(candidate!).ok) {
    return { what: 'broken', followed: [isEqual, pair], whole: [false, undefined] };
  }
  const [ours, theirs] = [fromText(legacy!), fromText(candidate!)];
  const whole = compareJson(ours, theirs, under, testRedactor);
  const found = compareJson(pair!.legacy, pair!.candidate, under, testRedactor);
  const areEqual = whole.outcome === 'equal';
  const seen = isLooselyFollowed(texts, ours) ? told : (all: JsonComparison): unknown => all;
  return {
    what: whole.outcome,
    followed: [isEqual && !areEqual, seen(found), findHidden(pair!.legacy, pair!.candidate, under, { areEqual })],
    whole: [false, seen(whole), findHidden(ours, theirs, under, { areEqual })],
  };
}

test('texts in all spellings that are followed are compared as by who reads all of both', () => {
  const seen = { equal: 0, different: 0, broken: 0, undetermined: 0 };
  fc.assert(
    fc.property(fc.integer(), someRules, (seed, rules) => {
      const { what, followed, whole } = lookAt(new Speller(seed).pair(), rules);
      seen[what] += 1;
      expect(followed).toEqual(whole);
    }),
    { numRuns: 4_000 },
  );
  expect(Math.min(seen.equal, seen.different, seen.broken)).toBeGreaterThan(200);
});
