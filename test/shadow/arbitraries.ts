import * as fc from 'fast-check';
import { compilePathRules, type RulesAt } from '../../shadow/path-rules.ts';
import { compareJson, type JsonComparison } from '../../shadow/json/compare-json.ts';
import type { JsonValue } from '../../shadow/json/json-value.ts';
import { parseJson } from '../../shadow/json/parse-json.ts';
import { createRedactor } from '../../shadow/redact.ts';
import type { NormalizedCompareRules } from '../../src/config/compare-rules.ts';
import { rulesOfRoute } from '../../src/config/rule-list.ts';

export const testRedactor = createRedactor(Buffer.from('a key for tests'));

export const noCompareRules: NormalizedCompareRules = {
  ignore: [],
  keyed: {},
  unordered: [],
  tolerance: {},
  format: {},
  map: {},
  owner: [],
  critical: [],
  redact: [],
  headers: ['content-type'],
  routes: {},
};

export type PathRules = Omit<NormalizedCompareRules, 'headers' | 'routes' | 'map' | 'owner'>;

export function rulesOf(rules: Partial<PathRules> = {}): RulesAt {
  return compilePathRules(rulesOfRoute({ ...noCompareRules, ...rules }).rules);
}

/** What two texts come to under these rules. */
export function compareTexts(legacy: string, candidate: string, rules: Partial<PathRules> = {}): JsonComparison {
  return compareJson(fromText(legacy), fromText(candidate), rulesOf(rules), testRedactor);
}

/** Kind and place of every difference that is listed: `value $.a`. */
export function namesOf(comparison: JsonComparison): string[] {
  return comparison.outcome === 'different' ? comparison.differences.map(({ kind, at }) => `${kind} ${at}`) : [];
}

export function json(value: unknown): JsonValue {
  return fromText(JSON.stringify(value));
}

export function fromText(text: string): JsonValue {
  const parsed = parseJson(text);
  if (!parsed.ok) throw new Error(`${parsed.fault}: ${text}`);
  return parsed.value;
}

const nastyKeys = [
  '',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'toString',
  'length',
  'valueOf',
  '#0:0',
  '.a',
  '0',
  "it's",
];

export const keys = fc.oneof(fc.constantFrom(...nastyKeys), fc.string({ maxLength: 6 }));

/** JSON with awkward keys, as plain values for JSON.stringify. */
export const jsonValues: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.boolean(),
      fc.constant(null),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    ),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.uniqueArray(fc.tuple(keys, tie('value')), { maxLength: 5, selector: ([key]) => key }).map(objectOf),
  ),
})).value;

/** Like Object.fromEntries, which is the one that also makes `__proto__` an own key. */
export function objectOf(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(entries);
}
