import { expect, test } from 'vitest';
import { patternOf, placeText } from '../../shadow/json-path.ts';
import { parsePath } from '../../src/config/rule-path.ts';
import { rulesOf } from './arbitraries.ts';

const key = (name: string): { kind: 'key'; key: string } => ({ kind: 'key', key: name });
const any = { kind: 'any' };

test.each([
  ['$', []],
  ['$.a.b', [key('a'), key('b')]],
  ["$['odd name'].x", [key('odd name'), key('x')]],
  ['$["odd name"]', [key('odd name')]],
  [String.raw`$['it\'s']`, [key("it's")]],
  ['$.items[*].total', [key('items'), any, key('total')]],
  ['$.items[3]', [key('items'), { kind: 'index', index: 3 }]],
  ['$.*.id', [any, key('id')]],
  ['$.größe-2', [key('größe-2')]],
])('%s is read', (path, steps) => {
  expect(parsePath(path)).toEqual(steps);
});

test.each(['a.b', '$a', '$..a', '$.a[', '$.a[-1]', "$['a", '$.a b', '$.items[?(@.x)]'])('%s is refused', (path) => {
  expect(() => parsePath(path)).toThrow(SyntaxError);
});

test('positions and ids collapse in a pattern, and stay in a place', () => {
  const place = ['items', 3, 'by customer', '4711', '1b4e28ba-2fa1-11d2-883f-0016d3cca427', 'total'];
  expect(patternOf(place, () => false)).toBe("$.items[*]['by customer'].*.*.total");
  expect(placeText(place, (name) => name)).toBe(
    "$.items[3]['by customer']['4711']['1b4e28ba-2fa1-11d2-883f-0016d3cca427'].total",
  );
  expect(patternOf(['a@b.example'], (name) => name.includes('@'))).toBe('$.*');
});

test('a text made of a place is a path that leads back to it', () => {
  const place = ['a', "it's", String.raw`back\slash`, '', 'b c', 7, '__proto__'];
  const rules = rulesOf({ ignore: [placeText(place, (name) => name)] });
  expect(rules.at(place).ignored).toBe(true);
  expect(rules.at(place.slice(0, -1)).ignored).toBe(false);
});

test('rules find their places, through wildcards too', () => {
  const rules = rulesOf({
    ignore: ['$.items[*].at', '$.*.secret'],
    tolerance: { '$.items[0].x': 1, '$.items[*].x': 2 },
  });
  expect(rules.at(['items', 5, 'at']).ignored).toBe(true);
  expect(rules.at(['items', 5, 'x']).senses).toMatchObject({ absolute: 2 });
  expect(rules.at(['anything', 'secret']).ignored).toBe(true);
  expect(rules.at(['anything', 'other']).ignored).toBe(false);
  expect(rules.at(['constructor', 'prototype']).ignored).toBe(false);
});

test('critical and redacted reach down, and critical also covers what holds it', () => {
  const rules = rulesOf({ critical: ['$.account.balance'], redact: ['$.customer'] });
  expect(rules.at(['account']).critical).toBe(true);
  expect(rules.at(['account', 'balance', 'amount']).critical).toBe(true);
  expect(rules.at(['account', 'name']).critical).toBe(false);
  expect(rules.at(['customer', 'address', 'street']).redacted).toBe(true);
  expect(rules.at(['account', 'balance', 'amount']).redacted).toBe(false);
});

test('what is personal or critical at one position of a keyed array is so at all, and nothing is ignored for its position', () => {
  const one = '$.rows[0].name';
  const rules = rulesOf({ keyed: { '$.rows': 'id' }, redact: [one], critical: [one], ignore: ['$.rows[1].at'] });
  expect(rules.at(['rows', 7, 'name'])).toMatchObject({ redacted: true, critical: true });
  expect(rules.at(['rows', 1, 'at']).ignored).toBe(false);
});

test('places that no rule tells apart have the same rules', () => {
  const rules = rulesOf({ ignore: ['$.rows[*].at', '$.rows[2].by'] }).at(['rows']);
  expect(rules.into(0)).toBe(rules.into(1));
  expect(rules.into(2)).not.toBe(rules.into(1));
  expect(rules.into(0).into('x')).toBe(rules.into(1).into('y'));
});

test('of a path of more than a hundred steps the beginning and the end are named', () => {
  const text = placeText(['first', ...Array.from({ length: 10_000 }, () => 0), 'last'], (name) => name);
  expect(text.length).toBeLessThan(400);
  expect(text).toMatch(/^\$\.first\[0\].*…\[0\].*\.last$/);
});
