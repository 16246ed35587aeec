import { expect, test } from 'vitest';
import { LegacyAsker } from '../../shadow/ask-legacy.ts';
import { AnswerComparer } from '../../shadow/compare-answers.ts';
import { noCompareRules, testRedactor } from './arbitraries.ts';
import { comparerBetween } from './comparer-between.ts';
import { exchangeOf, jsonBody } from './exchanges.ts';
import { startTestLegacy } from './test-legacy.ts';

const rules = {
  ...noCompareRules,
  owner: ['$.rows[*].customer_id', '$.rows[*].custmer_id'],
  critical: ['$.balance', '$.balnce'],
  redact: ['$.person', '$.persn', '$[0].name'],
  map: { '$.person.name': '$.name' },
};
const body = { rows: [{ id: 1 }, { customer_id: 7 }], balance: 0, person: { name: 'Ada' } };

test('of rules that guard something those are told whose paths fit something, to their ends', () => {
  const answer = { status: 200, headers: ['content-type', 'application/json'], body: jsonBody(body) };
  const comparer = new AnswerComparer(rules, testRedactor);
  expect(comparer.guardedIn(answer)).toEqual(['critical $.balance', 'owner $.rows[*].customer_id', 'redact $.person']);
  expect(comparer.guardedIn({ ...answer, body: jsonBody([]) })).toEqual([]);
  expect(comparer.guardedIn({ ...answer, body: Buffer.from('{') })).toEqual([]);
});

test('it is noted of each answer that is compared, also where the bytes are the same', async () => {
  await using legacy = await startTestLegacy();
  await using asker = new LegacyAsker({ url: legacy.url });
  const answer = { status: 200, headers: ['content-type', 'application/json'], body: jsonBody(body) };
  const { comparer, items } = comparerBetween({ ask: async () => ({ ok: true, answer, tookMs: 1 }) }, asker, rules);
  await comparer.compare(exchangeOf('/orders/1', { answer: { ...answer } }));
  expect(items).toMatchObject([
    { verdict: 'match', hidden: ['critical $.balance', 'owner $.rows[*].customer_id', 'redact $.person'] },
  ]);
});
