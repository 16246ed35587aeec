import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Difference } from '../../src/kernel/verdict.ts';
import type { EvidenceItem } from '../../src/store/evidence-item.ts';
import { EvidenceStore } from '../../src/store/evidence-store.ts';
import { createEvidenceTestStore, evidenceItem } from './evidence-test-store.ts';

function keyOf(n: number): Uint8Array {
  return createHash('sha256').update(String(n)).digest().subarray(0, 16);
}

const wrong: Difference = { kind: 'value', path: '$.n', at: '$.n', legacy: '1', candidate: '2', critical: false };

function match(n: number): EvidenceItem {
  return evidenceItem({ key: keyOf(n), facts: { match: { n, text: '\0\uD800' } } });
}

function mismatch(n: number): EvidenceItem {
  return evidenceItem({
    verdict: 'mismatch',
    key: keyOf(n),
    differences: [wrong],
    facts: {
      groups: [
        {
          path: '$.n',
          kind: 'value',
          differs: { n },
          beside: n % 2 ? { n: -n } : undefined,
          legacy: '1',
          candidate: undefined,
        },
      ],
    },
  });
}

/** Of the first 420. */
function smallest(count: number): number[] {
  return Array.from({ length: 420 }, (_, n) => n)
    .toSorted((a, b) => Buffer.compare(keyOf(a), keyOf(b)))
    .slice(0, count);
}

test('facts of the same evidence are kept once, and a sample is as large as it may be and holds the smallest keys', async () => {
  await using db = await createEvidenceTestStore();
  const store = new EvidenceStore(db.knex);
  const items = Array.from({ length: 420 }, (_, n) => [match(n), mismatch(n)]).flat();
  for (const batch of [items.slice(0, 300), items.slice(200), items.toReversed()]) await store.append(batch);
  const matches = await db.knex<{ facts: string }>('fig.match_facts').orderBy('key').pluck('facts');
  expect(matches.map((facts) => JSON.parse(facts))).toEqual(smallest(300).map((n) => ({ n, text: '\0\uD800' })));
  const mismatches = await db
    .knex('fig.mismatch_facts')
    .orderBy('key')
    .select('differs', 'beside', 'legacy', 'candidate');
  expect(mismatches).toEqual(
    smallest(100).map((n) => ({
      differs: JSON.stringify({ n }),
      beside: n % 2 ? JSON.stringify({ n: -n }) : null,
      legacy: '1',
      candidate: null,
    })),
  );
});

test('facts are forgotten with their evidence, and writers of facts do not wait for each other in a circle', async () => {
  await using db = await createEvidenceTestStore();
  const store = new EvidenceStore(db.knex);
  const items = Array.from({ length: 60 }, (_, n) =>
    [match(n), mismatch(n)].map((item) => ({ ...item, route: `GET /${n % 5}` })),
  ).flat();
  await Promise.all(
    Array.from({ length: 6 }, async (_, writer) => {
      for (let round = 0; round < 3; round += 1) {
        await store.append(writer % 2 ? items : items.toReversed());
        if (writer === 5) await store.forget('orders', 'shadow');
      }
    }),
  );
  await store.append(items);
  expect(await db.knex('fig.match_facts').count()).toEqual([{ count: '60' }]);
  await store.forget('orders', 'shadow');
  expect(await db.knex('fig.match_facts').count()).toEqual([{ count: '0' }]);
  expect(await db.knex('fig.mismatch_facts').count()).toEqual([{ count: '0' }]);
});
