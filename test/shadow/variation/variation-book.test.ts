import { expect, test } from 'vitest';
import { VariationBook } from '../../../shadow/variation/variation-book.ts';
import type { LegacyVariation } from '../../../src/kernel/legacy-variation.ts';

const scope = { feature: 'orders', fingerprint: 'f1', route: 'GET /orders' };

function at(path: string, isWitnessed = true): LegacyVariation {
  return { path, kind: 'token', isWitnessed, first: '"a"', second: '"b"' };
}

test('counts answers, not places, and what is taken out is not counted twice', () => {
  const book = new VariationBook();
  book.enter(scope, [at('$.rows[*].token'), at('$.rows[*].token')]);
  book.enter(scope, [at('$.rows[*].token', false)]);
  book.enter(scope, []);
  const { sandwiches, variations } = book.take();
  expect(sandwiches).toEqual([{ ...scope, asked: 3 }]);
  expect(variations).toMatchObject([{ ...scope, path: '$.rows[*].token', varied: 2, witnessed: 1 }]);
  expect(book.take()).toEqual({ sandwiches: [], variations: [] });
});

test('keys that are made up for each answer do not fill the memory', () => {
  const book = new VariationBook();
  for (let n = 0; n < 5_000; n += 1) book.enter(scope, [at(`$.k${n}`)]);
  expect(book.take().variations).toHaveLength(1_000);
});
