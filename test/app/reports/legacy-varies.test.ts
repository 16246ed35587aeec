import { expect, test } from 'vitest';
import { legacyVaries } from '../../../src/app/reports/legacy-varies.ts';
import type { StoredVariation } from '../../../src/store/legacy-variation-store.ts';

function stored(more: Partial<StoredVariation> = {}): StoredVariation {
  const values = { first: '"a"', second: '"b"', lastSeen: '2026-03-01T12:00:00.000Z' };
  return { route: 'GET /x', path: '$.x', kind: 'token', varied: 4, witnessed: 4, asked: 100, ...values, ...more };
}

test.each([
  ['time', `tolerance: { "$.x": { time: '5s' } }`],
  ['token', 'ignore: ["$.x"]'],
  ['counter', 'ignore: ["$.x"]'],
  ['order', 'unordered: ["$.x"]'],
  ['other', undefined],
] as const)('for %s the rule is %s', (kind, proposal) => {
  expect(legacyVaries([stored({ kind })])).toMatchObject([{ kind, proposal }]);
});

test('twice may be chance', () => {
  expect(legacyVaries([stored({ varied: 2, witnessed: 2 })])).toEqual([]);
});

test('without a witness only what varies nearly always is believed, and never that a value is just another one', () => {
  const without = { varied: 90, witnessed: 0, asked: 100 };
  expect(legacyVaries([stored({ ...without, kind: 'time' })])).toHaveLength(1);
  expect(legacyVaries([stored({ ...without, kind: 'time', varied: 50 })])).toEqual([]);
  expect(legacyVaries([stored({ ...without, kind: 'other' })])).toEqual([]);
});

test('a header that varies is told, and no rule is proposed that would not reach it', () => {
  expect(legacyVaries([stored({ path: 'header x-request-id' })])).toMatchObject([{ proposal: undefined }]);
});
