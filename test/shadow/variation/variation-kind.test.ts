import { expect, test } from 'vitest';
import { variationKindOf } from '../../../shadow/variation/variation-kind.ts';
import type { Difference } from '../../../src/kernel/verdict.ts';

const now = Date.parse('2026-03-01T12:00:00.000Z');

function differing(
  legacy: string | undefined,
  candidate: string | undefined,
  kind: Difference['kind'] = 'value',
): Difference {
  return { kind, path: '$.x', at: '$.x', legacy, candidate, critical: false };
}

test.each([
  ['"2026-03-01T11:59:59.900Z"', '"2026-03-01T12:00:00.010Z"', 'time'],
  ['"Sun, 01 Mar 2026 11:59:59 GMT"', '"Sun, 01 Mar 2026 12:00:00 GMT"', 'time'],
  ['1772366399', '1772366400', 'time'],
  ['1772366399900', '1772366400010', 'time'],
  ['"2025-01-01T11:59:59.900Z"', '"2026-03-01T12:00:00.010Z"', 'other'],
  ['"2026-03-01"', '"2026-03-02"', 'other'],
  ['41', '42', 'counter'],
  ['"41"', '"57"', 'counter'],
  ['42', '41', 'other'],
  ['12.5', '13.5', 'other'],
  ['"b7f3c9a1e5d2"', '"09ac4f77b1de"', 'token'],
  ['"8a6e0804-2bd0-4672-b79d-d97027f9071a"', '"4bd0a7c2-0000-4672-b79d-d97027f9071a"', 'token'],
  ['"<redacted:1f2e3d4c5b6a>"', '"<redacted:aaaaaaaaaaaa>"', 'token'],
  ['"in stock"', '"sold out"', 'other'],
  ['"paid"', '"shipped"', 'other'],
] as const)('%s and then %s is %s', (first, second, kind) => {
  expect(variationKindOf(differing(first, second), now)).toBe(kind);
});

test('another order is told by the comparison, and what is there only once looks like nothing', () => {
  expect(variationKindOf(differing('[1,2]', '[2,1]', 'order'), now)).toBe('order');
  expect(variationKindOf(differing(undefined, '"b7f3c9a1e5d2"', 'extra'), now)).toBe('other');
});
