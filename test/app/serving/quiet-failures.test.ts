import { expect, test } from 'vitest';
import { redactorFor } from '../../../shadow/pairs/keep-rules.ts';
import { withQuietFailures } from '../../../src/app/serving/quiet-failures.ts';
import { QueryCandidate } from '../../../src/readmodel/query-candidate.ts';
import { openStore } from '../../../src/store/control-store.ts';
import { noCompareRules } from '../../shadow/arbitraries.ts';
import { createTestDatabase } from '../../support/test-database.ts';

const question = { feature: 'orders', route: 'GET /orders', params: {}, method: 'GET', target: '/orders', headers: [] };

test('what a handler was asked for is not in why it failed, whoever logs that', async () => {
  await using database = await createTestDatabase();
  const db = openStore(database.url, { applicationName: 'fig test' });
  try {
    const handlers = new Map([['GET /orders', () => db.raw(`SELECT 'Ada Lovelace <ada@people.example>'::integer`)]]);
    const candidate = withQuietFailures(
      new QueryCandidate(handlers, db),
      redactorFor(Buffer.from('key'), noCompareRules),
    );
    const result = await candidate.ask(question, 5_000);
    expect(result).toMatchObject({ ok: false, failure: 'failed' });
    const { reason } = result as { reason: string };
    expect(reason).toContain('invalid input syntax for type integer');
    expect(reason).not.toMatch(/Ada|people/);
  } finally {
    await db.destroy();
  }
});

test('what it answers passes as it is', async () => {
  const answer = { status: 200, headers: [], body: new Uint8Array(3) };
  const result = { ok: true as const, answer, tookMs: 1 };
  const candidate = withQuietFailures({ ask: async () => result }, redactorFor(Buffer.from('key'), noCompareRules));
  expect(await candidate.ask(question, 1_000)).toBe(result);
});
