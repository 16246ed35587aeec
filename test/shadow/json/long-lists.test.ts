import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareJson } from '../../../shadow/json/compare-json.ts';
import { DifferingParts } from '../../../shadow/json/differing-parts.ts';
import { compareTexts, rulesOf, testRedactor, type PathRules } from '../arbitraries.ts';
import { meetingTexts } from './texts.ts';
import { parseJson } from '../../../shadow/json/parse-json.ts';

const parts = new DifferingParts();

/** What is found in the parts is what is found in the whole. */
function expectSame(legacy: string, candidate: string, rules: Partial<PathRules>): void {
  const compiled = rulesOf(rules);
  const pair = parts.read(Buffer.from(legacy), Buffer.from(candidate), compiled, testRedactor.isSecretField)!;
  const found = compareJson(pair.legacy, pair.candidate, compiled, testRedactor);
  expect(found).toEqual(compareTexts(legacy, candidate, rules));
}

const someRules: fc.Arbitrary<Partial<PathRules>> = fc.record({
  ignore: fc.subarray(['$[*].b', '$.rows[*].b', '$.token[*].a']),
  critical: fc.subarray(['$[*].id', '$.rows']),
  redact: fc.subarray(['$.rows', '$[*].a', '$.token[*].b']),
});

/** A list that stands by itself, or under a name that may be that of a secret. */
const around = fc.constantFrom(
  (list: string) => list,
  (list: string) => `{"rows":${list},"x":1}`,
  (list: string) => `{"token":${list}}`,
  (list: string) => `[0,${list}]`,
);

/** What of an element is written in another way without another meaning. */
function respelled(element: string): string {
  return element
    .replaceAll('"a"', String.raw`"\u0061"`)
    .replaceAll(',', ' ,\t')
    .replaceAll('10', '1e1');
}

const validText = meetingTexts.filter((text) => parseJson(text).ok);
const elements = fc.array(validText, { minLength: 14, maxLength: 40 });

test('lists of the same elements in another order differ in that, wherever they stand and however they are written', () => {
  const shuffled = elements.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
  );
  fc.assert(
    fc.property(shuffled, around, someRules, fc.boolean(), ([all, other], wrap, rules, isRespelled) => {
      const candidate = isRespelled ? other.map(respelled) : other;
      expectSame(wrap(`[${all.join(',')}]`), wrap(`[${candidate.join(',')}]`), rules);
    }),
    { numRuns: 3_000 },
  );
});

test('lists of which some elements differ have the same differences as the whole', () => {
  fc.assert(
    fc.property(elements, elements, around, someRules, fc.nat(3), (one, other, wrap, rules, mix) => {
      const candidate = mix === 0 ? other : other.map((each, at) => (at % (mix + 1) === 0 ? each : (one[at] ?? each)));
      expectSame(wrap(`[${one.join(',')}]`), wrap(`[${candidate.join(',')}]`), rules);
    }),
    { numRuns: 3_000 },
  );
});

const row = (id: number, status: string, other = 0): object => ({ id, status, name: `row ${id}`, other });

const rowsOf = (count: number, status: string): string =>
  JSON.stringify(Array.from({ length: count }, (_, id) => row(id, status)));
const listOf = (all: readonly string[]): string => `[${all.join(',')}]`;

test.each([
  ['a field of each differs', 40, 40],
  ['a field of each differs and one has more', 40, 55],
  ['there are more than are listed', 1_300, 1_300],
  ['there are more than are listed, and one has more', 1_100, 1_400],
])('rows where %s', (_, ours, theirs) => {
  for (const rules of [{}, { critical: ['$[*].status'] }, { critical: ['$'] }]) {
    expectSame(rowsOf(ours, 'open'), rowsOf(theirs, 'lost'), rules);
  }
});

test('rows that only differ in what another row has in the same place are not taken for each other', () => {
  const legacy = Array.from({ length: 40 }, (_, id) => row(id, id % 2 === 0 ? 'open' : 'lost'));
  const candidate = Array.from({ length: 40 }, (_, id) => row(id, id % 2 === 0 ? 'lost' : 'open'));
  expectSame(JSON.stringify(legacy), JSON.stringify(candidate), {});
});

test('a list from last to first of which some are there more than once', () => {
  const rows = Array.from({ length: 600 }, (_, n) => row(n % 250, 'open', n % 3));
  expectSame(JSON.stringify(rows), JSON.stringify(rows.toReversed()), {});
  expectSame(JSON.stringify(rows), JSON.stringify(rows.toReversed().with(0, row(7, 'open', 7))), {});
});

test('a list of members whose keys are there more than once is left to who reads all of it', () => {
  const one = '{"b":0,"a":1,"a":2}';
  const other = '{"a":1,"a":2,"b":0}';
  const filler = Array.from({ length: 20 }, (_, n) => String(n));
  expectSame(listOf([one, ...filler, other]), listOf([other, ...filler.toReversed(), one]), {});
  expectSame(listOf([one, other, ...filler]), listOf([other, one, ...filler]), {});
});

test('rows that moved and differ in what is ignored are not compared by their positions', () => {
  const rows = Array.from({ length: 41 }, (_, id) => row(id, 'open'));
  const [legacy, candidate] = [rows.slice(1), rows.slice(0, -1).map((each) => ({ ...each, status: 'lost' }))];
  const rules = { ignore: ['$[*].status'] };
  expectSame(JSON.stringify(legacy), JSON.stringify(candidate), rules);
});

const listed = (id: number, isOpen: boolean): object => ({
  list: Array.from({ length: 20 }, (_, n) => ({ of: `${id} ${n}`, status: isOpen ? 'open' : 'lost' })),
});

test('rows with lists in them are not taken for each other by what was left out of those lists', () => {
  const [legacy, candidate] = [0, 1].map((odd) => Array.from({ length: 20 }, (_, id) => listed(id, id % 2 === odd)));
  expectSame(JSON.stringify(legacy), JSON.stringify(candidate), {});
});

test.each([
  ['a secret', {}, 'token', false],
  ['personal', { redact: ['$.rows'] }, 'rows', false],
  ['personal in part', { redact: ['$.rows[*].name'] }, 'rows', false],
  ['a part of a secret', {}, 'token', true],
])(
  'a list in another order that is %s and longer than is shown has the hash of all of it',
  (_, rules, name, isWithin) => {
    const rows = Array.from({ length: 600 }, (__, id) => row(id, 'open'));
    const written = (list: object[]): string => JSON.stringify({ [name]: isWithin ? { list } : list });
    expectSame(written(rows), written(rows.toReversed()), rules);
  },
);

test('lists that have one row in common, at other places, are aligned by it', () => {
  const [ours, theirs] = ['open', 'lost'].map((status) => Array.from({ length: 20 }, (_, id) => row(id, status)));
  const common = row(77, 'both');
  expectSame(JSON.stringify([...ours!, common]), JSON.stringify([common, ...theirs!]), {});
  expectSame(JSON.stringify(ours!.toSpliced(3, 0, common)), JSON.stringify(theirs!.toSpliced(8, 0, common)), {});
});
