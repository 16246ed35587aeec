import { expect, test } from 'vitest';
import { LegacyAsker } from '../../../shadow/ask-legacy.ts';
import { defaultShadowSettings, ExchangeComparer } from '../../../shadow/exchange-comparer.ts';
import { PairKeeper } from '../../../shadow/pairs/pair-keeper.ts';
import { GroupFindings } from '../../../src/app/reports/group-findings.ts';
import type { ReportGroup } from '../../../src/app/reports/feature-report.ts';
import type { CandidateQuestion, CandidateResult } from '../../../src/kernel/candidate.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { DifferenceStore } from '../../../src/store/difference-store.ts';
import type { EvidenceItem } from '../../../src/store/evidence-item.ts';
import { EvidenceStore } from '../../../src/store/evidence-store.ts';
import { noCompareRules } from '../../shadow/arbitraries.ts';
import { exchangeOf, jsonBody } from '../../shadow/exchanges.ts';
import { startTestLegacy } from '../../shadow/test-legacy.ts';
import { createEvidenceTestStore } from '../../store/evidence-test-store.ts';

const scope = { feature: 'orders', fingerprint: 'f1', step: 'shadow', rules: noCompareRules, routes: ['GET /orders'] };
const currencies = ['EUR', 'USD', 'GBP', 'JPY'];

/** Page n of a list of orders; the same for the same page. */
function pageOf(target: string): { page: number; rows: { id: number; currency: string; total: number }[] } {
  const page = Number(new URL(target, 'http://any').searchParams.get('page'));
  const rows = Array.from({ length: 1 + (page % 5) }, (_, i) => {
    const id = page * 10 + i;
    return { id, currency: currencies[(id * 7 + page) % 4]!, total: id + 0.25 };
  });
  return { page, rows };
}

function broken(target: string): unknown {
  return { ...pageOf(target), page: null };
}

/** Asks for so many pages, and stores what comparing them shows. */
async function compareAll(
  store: EvidenceStore,
  count: number,
  candidateSays: (target: string) => unknown,
): Promise<void> {
  await using legacy = await startTestLegacy((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(pageOf(request.url!)));
  });
  await using asker = new LegacyAsker({ url: legacy.url });
  const items: EvidenceItem[] = [];
  const headers = ['content-type', 'application/json'];
  const ask = async ({ target }: CandidateQuestion): Promise<CandidateResult> => ({
    ok: true,
    answer: { status: 200, headers, body: jsonBody(candidateSays(target)) },
    tookMs: 1,
  });
  const comparer = new ExchangeComparer({
    candidates: {
      candidate: () => ({ ask }),
      features: [{ name: 'orders', key: 'orders', fingerprint: 'f1', compare: noCompareRules, readModel: undefined }],
      readSourcePosition: async () => 1n,
      close: async () => undefined,
    },
    legacy: asker,
    applied: () => undefined,
    redactionKey: Buffer.from('key'),
    pairs: new PairKeeper(),
    record: (item) => items.push(item),
    settings: { ...defaultShadowSettings, settleMs: 0 },
    log: silentLog,
  });
  for (let page = 0; page < count; page += 1) {
    const target = `/orders?page=${page}`;
    const answer = { status: 200, headers, body: jsonBody(pageOf(target)) };
    await comparer.compare(exchangeOf(target, { route: 'GET /orders', answer }));
  }
  await store.append(items);
}

test('what is wrong with some rows is told by a field of these rows, with its cause and a rule that would hide it', async () => {
  await using db = await createEvidenceTestStore();
  await compareAll(new EvidenceStore(db.knex), 150, (target) => {
    const { page, rows } = pageOf(target);
    const total = (row: (typeof rows)[number]): number => (row.currency === 'JPY' ? Math.round(row.total) : row.total);
    return { page, rows: rows.map((row) => ({ ...row, total: total(row) })) };
  });
  const [group] = await groupsWithFindings(new GroupFindings(db.knex), db.knex);
  expect(group).toMatchObject({
    path: '$.rows[*].total',
    correlation: { conditions: ['$.rows[*].currency = JPY'], unit: 'element', matches: { held: 0 } },
    cause: { name: 'rounding', sentence: 'the candidate rounds to whole numbers' },
    // Five pairs are stored, and the engine was asked in its thread.
    proposal: { rule: "tolerance: { '$.rows[*].total': 0.5 }", trial: { pairs: 5, hidden: 5, unknown: 0, also: [] } },
  });
  const { held, of } = group!.correlation!.mismatches;
  expect(held).toBe(of);
  expect(group!.correlation!.sentence).toMatch(
    /^\$\.rows\[\*\]\.currency = JPY: all \d+ elements that differ, 0 of \d+ that match$/,
  );
});

test('what is wrong with some questions is told by a parameter', async () => {
  await using db = await createEvidenceTestStore();
  await compareAll(new EvidenceStore(db.knex), 80, (target) => {
    const { page, rows } = pageOf(target);
    return { page: page >= 50 ? page - 1 : page, rows };
  });
  const [group] = await groupsWithFindings(new GroupFindings(db.knex), db.knex);
  expect(group).toMatchObject({
    path: '$.page',
    correlation: { unit: 'answer', mismatches: { held: 30, of: 30 }, matches: { held: 0, of: 50 } },
    cause: { name: 'offset' },
  });
  const { conditions, others } = group!.correlation!;
  expect([...conditions, ...others].toSorted()).toEqual(['$.page >= 50', '?page >= 50']);
  expect(group!.proposal).toBeUndefined();
});

test('a group is not looked into again while it does not grow, and at most every ten seconds', async () => {
  await using db = await createEvidenceTestStore();
  const store = new EvidenceStore(db.knex);
  let now = 0;
  const findings = new GroupFindings(db.knex, { now: () => now });
  await compareAll(store, 10, broken);
  const first = await groupsWithFindings(findings, db.knex);
  expect(first[0]?.cause).toMatchObject({ of: 10 });
  await compareAll(store, 20, broken);
  now = 9_999;
  expect((await groupsWithFindings(findings, db.knex))[0]?.cause).toMatchObject({ of: 10 });
  now = 10_000;
  expect((await groupsWithFindings(findings, db.knex))[0]?.cause).toMatchObject({ of: 20 });
  await db.knex('fig.mismatch_facts').delete();
  now = 69_999;
  expect((await groupsWithFindings(findings, db.knex))[0]?.cause).toMatchObject({ of: 20 });
  now = 70_000;
  expect((await groupsWithFindings(findings, db.knex))[0]?.cause).toMatchObject({ of: 5 });
});

async function groupsWithFindings(
  findings: GroupFindings,
  knex: ConstructorParameters<typeof DifferenceStore>[0],
): Promise<readonly ReportGroup[]> {
  const groups = await new DifferenceStore(knex).rankGroups('orders', 'f1', 'shadow');
  return findings.addTo(
    scope,
    groups.map((group) => ({ ...group, id: group.path, share: 0 })),
  );
}
