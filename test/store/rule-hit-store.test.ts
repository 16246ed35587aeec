import { expect, test } from 'vitest';
import { EvidenceStore } from '../../src/store/evidence-store.ts';
import type { EvidenceItem } from '../../src/store/evidence-item.ts';
import { readHidden } from '../../src/store/rule-hit-store.ts';
import { createEvidenceTestStore, evidenceItem } from './evidence-test-store.ts';

const compared = (hidden: readonly string[] | 'unknown', seenAt = 1_000): EvidenceItem =>
  evidenceItem({ hidden, seenAt });
const scope = ['orders', 'f1', 'shadow'] as const;

test('answers are counted by route and by the rules that hid something in them', async () => {
  await using db = await createEvidenceTestStore();
  const store = new EvidenceStore(db.knex);
  await store.append([compared([]), compared(['ignore $.a', 'map $.b'], 3_000), compared(['ignore $.a'], 2_000)]);
  await store.append([compared('unknown'), compared(['ignore $.a'], 1_500)]);
  await store.append([evidenceItem({ route: 'GET /orders', hidden: [] }), evidenceItem({ step: 'live', hidden: [] })]);
  expect(await readHidden(db.knex, ...scope)).toEqual([
    { route: 'GET /orders', known: 1, unknown: 0, rules: new Map() },
    {
      route: 'GET /orders/:id',
      known: 4,
      unknown: 1,
      rules: new Map([
        ['ignore $.a', { answers: 3, lastSeen: new Date(3_000) }],
        ['map $.b', { answers: 1, lastSeen: new Date(3_000) }],
      ]),
    },
  ]);
});

test('an answer in which nothing was compared is none of those in which nothing was hidden', async () => {
  await using db = await createEvidenceTestStore();
  await new EvidenceStore(db.knex).append([evidenceItem({ verdict: 'skipped', hidden: undefined })]);
  expect(await readHidden(db.knex, ...scope)).toEqual([]);
});

test('what rules hid is forgotten with the evidence of the step', async () => {
  await using db = await createEvidenceTestStore();
  const store = new EvidenceStore(db.knex);
  await store.append([evidenceItem({ hidden: ['ignore $.a'] })]);
  await store.forget('orders', 'shadow');
  expect(await readHidden(db.knex, ...scope)).toEqual([]);
  expect(await db.knex('fig.evidence_rule_hit')).toEqual([]);
});

test('a rule whose path is longer than an index can hold is counted', async () => {
  await using db = await createEvidenceTestStore();
  const long = `ignore $.${'a'.repeat(5_000)}`;
  await new EvidenceStore(db.knex).append([evidenceItem({ hidden: [long] })]);
  const [hidden] = await readHidden(db.knex, ...scope);
  expect([...hidden!.rules.values()]).toMatchObject([{ answers: 1 }]);
});
