import { expect, it } from 'vitest';
import type { ComparedPart } from '../../../src/store/reconciliation-store.ts';
import { ordersAlike } from '../../../src/sync/reconcile/key-order.ts';
import { maskedKey } from '../../../src/sync/reconcile/masked-key.ts';
import { nextChunkRows, restAfterWork } from '../../../src/sync/reconcile/pace.ts';
import { escapedNames, numberedPlaceholders } from '../../../src/sync/postgres/placeholders.ts';
import { stateOf } from '../../../src/sync/reconcile/state-of.ts';

const part = (more: Partial<ComparedPart> = {}): ComparedPart => ({
  name: 'public.orders',
  rows: 10,
  missing: 0,
  extra: 0,
  different: 0,
  undetermined: 0,
  repaired: 0,
  truncated: false,
  ...more,
});

it('chunks grow and shrink towards half a second of legacy, at most doubling', () => {
  expect(nextChunkRows(5_000, 500)).toBe(5_000);
  expect(nextChunkRows(5_000, 1)).toBe(10_000);
  expect(nextChunkRows(5_000, 1_000)).toBe(2_500);
  expect(nextChunkRows(5_000, 3_600_000)).toBe(500);
  expect(nextChunkRows(150_000, 10)).toBe(200_000);
});

it('legacy rests so long that it works for the share it was promised', () => {
  expect(restAfterWork(500, 0.2)).toBe(2_000);
  expect(restAfterWork(500, 1)).toBe(0);
});

it('ranges of keys are used only for types that every server sorts alike', () => {
  expect(ordersAlike(['bigint', 'integer'])).toBe(true);
  expect(ordersAlike(['numeric(50,10)', 'uuid', 'timestamp(3) with time zone'])).toBe(true);
  for (const type of ['text', 'character varying(20)', 'character(3)', 'name', 'interval', 'jsonb', 'integer[]']) {
    expect({ type, alike: ordersAlike(['bigint', type]) }).toEqual({ type, alike: false });
  }
});

it('question marks in names are no parameters, for neither client', () => {
  const sql = 'SELECT t."a?b""?" FROM "x" AS t WHERE t."a?b""?" > ?::text::bigint AND t.b <= ?';
  expect(numberedPlaceholders(sql)).toBe(
    'SELECT t."a?b""?" FROM "x" AS t WHERE t."a?b""?" > $1::text::bigint AND t.b <= $2',
  );
  expect(escapedNames(sql)).toBe(
    String.raw`SELECT t."a\?b""\?" FROM "x" AS t WHERE t."a\?b""\?" > ?::text::bigint AND t.b <= ?`,
  );
});

it('keys that could name somebody are kept as keyed hashes, numbers and uuids as they are', () => {
  const secret = Buffer.from('secret');
  expect(maskedKey('["42","7"]', ['bigint', 'integer'], secret)).toBe('42, 7');
  const masked = maskedKey('["ada@example.org","7"]', ['text', 'integer'], secret);
  expect(masked).toMatch(/^#[0-9a-f]{12}, 7$/);
  expect(maskedKey('["ada@example.org","7"]', ['text', 'integer'], secret)).toBe(masked);
  expect(maskedKey('["ada@example.org","7"]', ['text', 'integer'], Buffer.from('another'))).not.toBe(masked);
  // A telephone number in a text column is a number, too.
  expect(maskedKey('4930123456', ['text'], secret)).toMatch(/^#/);
});

it('a comparison is clean, repaired, different or undetermined, the gravest of all its parts', () => {
  expect(stateOf([part()])).toBe('clean');
  expect(stateOf([part(), part({ missing: 2, repaired: 2 })])).toBe('repaired');
  expect(stateOf([part({ extra: 1 }), part({ missing: 2, repaired: 2 })])).toBe('different');
  expect(stateOf([part({ undetermined: 1 }), part({ missing: 2, repaired: 2 })])).toBe('undetermined');
  expect(stateOf([part({ undetermined: 1 }), part({ different: 2, repaired: 1 })])).toBe('different');
  expect(stateOf([part({ different: 2, repaired: 2, truncated: true })])).toBe('different');
});
