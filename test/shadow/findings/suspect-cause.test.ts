import { expect, test } from 'vitest';
import { suspectCause } from '../../../shadow/findings/suspect-cause.ts';
import { knownCauses, raw, type Sides } from './known-causes.ts';

function text(value: unknown): string | undefined {
  return typeof value === 'function' ? String(value()) : JSON.stringify(value);
}

/** Values as they are shown; `undefined` is nothing, a function gives the text itself. */
function seen(pairs: readonly Sides[]): { legacy: string | undefined; candidate: string | undefined }[] {
  return pairs.map(([legacy, candidate]) => ({ legacy: text(legacy), candidate: text(candidate) }));
}

test.each(knownCauses)('%s: %j %j', (name, { path = '$.x', kind = 'value' }, pairs, sentence, rule) => {
  const cause = suspectCause({ path, kind }, seen(pairs));
  expect(cause).toMatchObject({ name, sentence, explained: pairs.length, of: pairs.length });
  expect(cause?.rule?.text).toBe(rule);
});

test.each<[string, readonly Sides[]]>([
  [
    'texts that have nothing in common',
    [
      ['a', 'q'],
      ['b', 'r'],
      ['c', 's'],
    ],
  ],
  ['one number', [[7, 14]]],
  [
    'numbers without a pattern',
    [
      [7, 14],
      [9, 3],
      [100, 2],
      [17, 22],
    ],
  ],
  [
    'whole numbers that differ by one either way',
    [
      [7, 8],
      [9, 8],
      [100, 99],
    ],
  ],
  ['what is redacted', [['<redacted:0123456789ab>', 'a <redacted:0123456789ac> b']]],
  ['what is shortened', [[raw('"abc…'), raw('"abd…')]]],
  ['nothing at all', []],
])('nothing is suspected of %s', (_, pairs) => {
  expect(suspectCause({ path: '$.x', kind: 'value' }, seen(pairs))).toBeUndefined();
});

test('a cause has to explain nine of ten', () => {
  const cased: Sides[] = Array.from({ length: 9 }, (_, i) => [`A${i}`, `a${i}`] as const);
  expect(suspectCause({ path: '$.x', kind: 'value' }, seen([...cased, ['x', 'y']]))).toMatchObject({
    explained: 9,
    of: 10,
  });
  expect(suspectCause({ path: '$.x', kind: 'value' }, seen([...cased, ['x', 'y'], ['z', 'q']]))).toBeUndefined();
});

function ruleAt(path: string): string | undefined {
  return suspectCause({ path, kind: 'value' }, seen([['A', 'a']]))?.rule?.text;
}

test('no rule is written for what has no path, or one that was shortened', () => {
  expect(ruleAt('header x-a')).toBeUndefined();
  expect(ruleAt('$.a…b')).toBeUndefined();
  expect(ruleAt("$['it']")).toBe(`tolerance: { "$['it']": { case: true } }`);
});
