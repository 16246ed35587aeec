import { describe, expect, test } from 'vitest';
import { findHidden, type Hidden } from '../../../shadow/json/find-hidden.ts';
import { fromText, rulesOf, type PathRules } from '../arbitraries.ts';

function hidden(legacy: string, candidate: string, rules: Partial<PathRules>, maxWork?: number): Hidden {
  return findHidden(fromText(legacy), fromText(candidate), rulesOf(rules), { maxWork });
}

const keyed = { keyed: { $: 'id' } };

describe('a rule hides something where the values differ and it makes them equal', () => {
  test.each<[string, string, string, Partial<PathRules>, readonly string[]]>([
    ['an ignored value that differs', '{"at":1}', '{"at":2}', { ignore: ['$.at'] }, ['ignore $.at']],
    ['an ignored value that is the same', '{"at":1,"a":1}', '{"a":1,"at":1.0}', { ignore: ['$.at'] }, []],
    ['an ignored value that is missing', '{"at":1}', '{}', { ignore: ['$.at'] }, ['ignore $.at']],
    ['an ignored value that is extra', '{}', '{"at":1}', { ignore: ['$.at'] }, ['ignore $.at']],
    ['an ignored tree in another order', '{"m":{"a":1,"b":[1]}}', '{"m":{"b":[1],"a":1}}', { ignore: ['$.m'] }, []],
    ['a value within a tolerance', '{"n":1}', '{"n":1.1}', { tolerance: { '$.n': 0.5 } }, ['tolerance $.n']],
    ['a value beyond it', '{"n":1}', '{"n":2}', { tolerance: { '$.n': 0.5 } }, []],
    ['the same number in two notations', '{"n":1}', '{"n":1.0}', { tolerance: { '$.n': 0.5 } }, []],
    ['a text that is a number', '{"n":"1"}', '{"n":1}', { format: { '$.n': 'decimal' } }, ['format $.n']],
    ['keyed rows that moved', '[{"id":1},{"id":2}]', '[{"id":2},{"id":1}]', keyed, ['keyed $']],
    ['keyed rows that did not', '[{"id":1},{"id":2}]', '[{"id":1},{"id":3}]', keyed, []],
    ['keyed rows of which one is missing', '[{"id":1},{"id":2},{"id":3}]', '[{"id":1},{"id":3}]', keyed, []],
    ['unordered values that moved', '[1,2]', '[2,1]', { unordered: ['$'] }, ['unordered $']],
    ['unordered values that did not', '[1,2,2]', '[1,2,2.0]', { unordered: ['$'] }, []],
    [
      'below a row that moved',
      '[{"id":1,"at":1},{"id":2,"at":2}]',
      '[{"id":2,"at":2},{"id":1,"at":3}]',
      { ...keyed, ignore: ['$[*].at'] },
      ['ignore $[*].at', 'keyed $'],
    ],
    [
      'not below rows that stand for others because one is missing',
      '[{"id":1,"at":1},{"id":2,"at":2},{"id":3,"at":3}]',
      '[{"id":2,"at":2},{"id":3,"at":3}]',
      { ignore: ['$[*].at'] },
      [],
    ],
    [
      'below rows that are the same but for it, where another one is missing',
      '[{"id":1,"at":1},{"id":2,"at":2},{"id":3,"at":3}]',
      '[{"id":2,"at":2},{"id":3,"at":4}]',
      { ignore: ['$[*].at'] },
      ['ignore $[*].at'],
    ],
    [
      'only the rule that is needed, of two for one place',
      '{"n":"1.0"}',
      '{"n":1}',
      { format: { '$.n': 'decimal' }, tolerance: { '$.n': 0.5 } },
      ['format $.n'],
    ],
    [
      'both, where one alone is not enough',
      '{"n":"1.2"}',
      '{"n":1}',
      { format: { '$.n': 'decimal' }, tolerance: { '$.n': 0.5 } },
      ['format $.n', 'tolerance $.n'],
    ],
    ['values of a repeated key', '{"a":1,"a":2}', '{"a":1,"a":2.2}', { tolerance: { '$.a': 0.5 } }, ['tolerance $.a']],
    ['nothing where there are no rules', '{"a":1}', '{"a":2}', {}, []],
  ])('%s', (_, legacy, candidate, rules, expected) => {
    expect(hidden(legacy, candidate, rules)).toEqual(expected);
    expect(hidden(candidate, legacy, rules)).toEqual(expected);
    expect(hidden(legacy, legacy, rules)).toEqual([]);
  });
});

const rows = (seconds: number): string =>
  JSON.stringify(Array.from({ length: 1_000 }, (_, id) => ({ id, at: id + seconds })));

test('what it would take too much work to know is not known, and never nothing', () => {
  const rules = { ignore: ['$[*].at'] };
  expect(hidden(rows(0), rows(1), rules)).toEqual(['ignore $[*].at']);
  expect(hidden(rows(0), rows(1), rules, 1_000)).toBe('unknown');
});

test('only what lies on the way to a rule is looked at', () => {
  const large = JSON.stringify(Array.from({ length: 10_000 }, (_, id) => ({ id })));
  const [legacy, candidate] = [`{"rows":${large},"at":1}`, `{"at":2,"rows":${large}}`];
  expect(hidden(legacy, candidate, { ignore: ['$.at'] }, 20)).toEqual(['ignore $.at']);
});
