import { expect, test } from 'vitest';
import { LegacyVariationStore } from '../../src/store/legacy-variation-store.ts';
import type { VariationTally } from '../../src/kernel/legacy-variation.ts';
import { createEvidenceTestStore } from './evidence-test-store.ts';

const scope = { feature: 'orders', fingerprint: 'f1', route: 'GET /orders' };
const tally: VariationTally = {
  ...scope,
  path: '$.token',
  kind: 'token',
  varied: 2,
  witnessed: 1,
  first: '"a\0"',
  second: undefined,
};

test('what several processes count is added up, and the latest values are kept', async () => {
  await using db = await createEvidenceTestStore();
  const store = new LegacyVariationStore(db.knex);
  await store.add({ sandwiches: [{ ...scope, asked: 5 }], variations: [tally] });
  await store.add({ sandwiches: [{ ...scope, asked: 1 }], variations: [{ ...tally, varied: 1, second: '"b"' }] });
  expect(await store.list('orders', 'f1')).toMatchObject([
    {
      route: 'GET /orders',
      path: '$.token',
      kind: 'token',
      varied: 3,
      witnessed: 2,
      asked: 6,
      first: '"a␀"',
      second: '"b"',
    },
  ]);
  expect(await store.list('orders', 'f2')).toEqual([]);
});

test('writers that count the same places at once do not wait for each other for ever', async () => {
  await using db = await createEvidenceTestStore();
  const store = new LegacyVariationStore(db.knex);
  const variations = ['$.a', '$.b', '$.c'].map((path) => ({ ...tally, path }));
  const add = (order: readonly VariationTally[]): Promise<void> =>
    store.add({ sandwiches: [{ ...scope, asked: 1 }], variations: order });
  await Promise.all(Array.from({ length: 20 }, (_, n) => add(n % 2 === 0 ? variations : variations.toReversed())));
  expect((await store.list('orders', 'f1')).map(({ varied }) => varied)).toEqual([40, 40, 40]);
});
