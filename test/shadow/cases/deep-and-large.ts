import type { ComparisonCase } from './comparison-case.ts';

const deep = (levels: number, inner: string): string => '['.repeat(levels) + inner + ']'.repeat(levels);
const deepObjects = (levels: number, inner: string): string => '{"a":'.repeat(levels) + inner + '}'.repeat(levels);
const half = (step: string): string => step.repeat(50);

export const deepAndLarge: readonly ComparisonCase[] = [
  {
    name: 'ten thousand levels of arrays are equal in another spelling',
    legacy: deep(10_000, '1'),
    candidate: deep(10_000, ' 1.0'),
    expected: [],
  },
  {
    name: 'a difference below ten thousand arrays is found',
    legacy: deep(10_000, '1'),
    candidate: deep(10_000, '2'),
    expected: [[`value $${half('[0]')}…${half('[0]')}`, '1', '2']],
  },
  {
    name: 'a difference below ten thousand objects is found',
    legacy: deepObjects(10_000, '1'),
    candidate: deepObjects(10_000, '"1"'),
    expected: [[`type $${half('.a')}…${half('.a')}`, '1', '"1"']],
  },
  {
    name: 'what is missing at the bottom is found',
    legacy: deep(9_999, '[1]'),
    candidate: deep(9_999, '[]'),
    expected: [[`missing $${half('[0]')}…${half('[0]')}`, '1', undefined]],
  },
  {
    name: 'a hundred levels are named one by one',
    legacy: deepObjects(100, '1'),
    candidate: deepObjects(100, '2'),
    expected: [`value $${'.a'.repeat(100)}`],
  },
  {
    name: 'one level less is a difference of types',
    legacy: deep(9_999, '1'),
    candidate: deep(10_000, '1'),
    expected: [[`type $${half('[0]')}…${half('[0]')}`, '1', '[1]']],
  },
  {
    name: 'deeper than what is read is undetermined',
    legacy: deep(10_001, '1'),
    candidate: deep(10_001, '1 '),
    expected: 'too-deep',
  },
  {
    name: 'a body with too many values is undetermined',
    legacy: `[${'0,'.repeat(250_000)}0]`,
    candidate: `[${'0,'.repeat(250_000)} 0]`,
    expected: 'too-complex',
  },
  {
    name: 'a number of a hundred thousand digits is compared',
    legacy: `[${'1'.repeat(100_000)}]`,
    candidate: `[${'1'.repeat(99_999)}2]`,
    expected: ['value $[0]'],
  },
  {
    name: 'a text of a million letters is compared',
    legacy: `["${'a'.repeat(1_000_000)}"]`,
    candidate: `["${'a'.repeat(999_999)}b"]`,
    expected: ['value $[0]'],
  },
  {
    name: 'a key that is there a hundred thousand times is compared',
    legacy: `{${'"a":1,'.repeat(100_000)}"b":1}`,
    candidate: `{${'"a":1,'.repeat(100_000)}"b":2}`,
    expected: ['value $.b'],
  },
];
