import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { expect, test } from 'vitest';
import { keepEvidence, startEvidenceKeeper, type KeptFigures } from '../../../src/app/shadowing/keep-evidence.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import type { Difference } from '../../../src/kernel/verdict.ts';
import type { EvidenceItem } from '../../../src/store/evidence-item.ts';
import { EvidenceRetention } from '../../../src/store/evidence-retention.ts';
import { EvidenceStore } from '../../../src/store/evidence-store.ts';
import { PairStore } from '../../../src/store/pair-store.ts';
import { createEvidenceTestStore, evidenceItem } from '../../store/evidence-test-store.ts';
import { until } from '../../support/until.ts';

const kept = [{ feature: 'orders', fingerprint: 'now' }];
const generous = { days: 30, bytes: 500 * 1024 ** 2 };
const tables = ['evidence_distinct', 'difference_group', 'difference_sample', 'match_facts', 'mismatch_facts'];

function wrong(n: number, fingerprint: string, path = '$.n'): EvidenceItem {
  const difference: Difference = { kind: 'value', path, at: path, legacy: '1', candidate: '2', critical: false };
  const facts = { groups: [{ path, kind: 'value', differs: { n }, beside: undefined, legacy: '1', candidate: '2' }] };
  return evidenceItem({
    fingerprint,
    verdict: 'mismatch',
    key: Buffer.from(`wrong ${n}`),
    differences: [difference],
    facts,
  });
}

/** Matches and mismatches of one fingerprint, last written so many days ago. */
async function addEvidence(knex: Knex, fingerprint: string, count: number, daysAgo: number): Promise<void> {
  const store = new EvidenceStore(knex);
  const items = Array.from({ length: count }, (_, n) => [
    evidenceItem({ fingerprint, key: Buffer.from(`match ${n}`), facts: { match: { n, text: 'x'.repeat(500) } } }),
    wrong(n, fingerprint),
  ]).flat();
  await store.append(items);
  await knex.raw(`UPDATE fig.evidence_scope SET last_seen = now() - make_interval(days => ?) WHERE fingerprint = ?`, [
    daysAgo,
    fingerprint,
  ]);
}

async function fingerprints(knex: Knex): Promise<string[]> {
  return knex<{ fingerprint: string }>('fig.evidence_scope').orderBy('fingerprint').pluck('fingerprint');
}

async function rowsOf(knex: Knex): Promise<number[]> {
  return Promise.all(tables.map(async (table) => Number((await knex(`fig.${table}`).count())[0]?.['count'])));
}

function told(): { log: typeof silentLog; lines: [object, string][] } {
  const lines: [object, string][] = [];
  const tell = (fields: object, message: string): void => void lines.push([fields, message]);
  return { log: { ...silentLog, info: tell, warn: tell }, lines };
}

test('evidence of earlier fingerprints goes when it is old, with all it has; that of the present ones stays however old', async () => {
  await using db = await createEvidenceTestStore();
  await addEvidence(db.knex, 'now', 3, 400);
  await addEvidence(db.knex, 'old', 4, 31);
  await addEvidence(db.knex, 'recent', 5, 29);
  const { log, lines } = told();
  await keepEvidence({ store: db.knex, kept, keep: generous, log });
  expect(await fingerprints(db.knex)).toEqual(['now', 'recent']);
  expect(await rowsOf(db.knex)).toEqual([16, 2, 8, 8, 8]);
  expect(lines).toEqual([[{ scopes: 1, tooOld: 1, beyondSize: 0, groups: 0 }, 'old evidence was removed']]);
  await keepEvidence({ store: db.knex, kept, keep: generous, log });
  expect(lines).toHaveLength(1);
});

test('beyond its size the evidence written longest ago goes, and none that is in use or that a gate asks for', async () => {
  await using db = await createEvidenceTestStore();
  await addEvidence(db.knex, 'now', 200, 9);
  await addEvidence(db.knex, 'older', 200, 8);
  await addEvidence(db.knex, 'newer', 200, 7);
  await addEvidence(db.knex, 'busy', 200, 0);
  const { log, lines } = told();
  // A scope of these takes some 230 kB.
  await keepEvidence({ store: db.knex, kept, keep: { days: 30, bytes: 800 * 1024 }, log });
  expect(await fingerprints(db.knex)).toEqual(['busy', 'newer', 'now']);
  // The files have not become smaller, and nothing more goes for that.
  await keepEvidence({ store: db.knex, kept, keep: { days: 30, bytes: 800 * 1024 }, log });
  expect(await fingerprints(db.knex)).toEqual(['busy', 'newer', 'now']);
  await keepEvidence({ store: db.knex, kept, keep: { days: 30, bytes: 1_000 }, log });
  expect(await fingerprints(db.knex)).toEqual(['busy', 'now']);
  expect(lines.map(([, message]) => message)).toEqual([
    'old evidence was removed',
    'old evidence was removed',
    'the evidence that is in use takes more than shadow.keep.megabytes',
  ]);
});

test('of the present fingerprint so many groups are kept, critical and weighty ones first, and no evidence goes with the others', async () => {
  await using db = await createEvidenceTestStore();
  const store = new EvidenceStore(db.knex);
  await store.append(Array.from({ length: 70 }, (_, n) => wrong(n, 'now', `$.p${n}`)));
  await store.append([wrong(100, 'now', '$.p5'), wrong(101, 'now', '$.p6')]);
  await db.knex.raw(`UPDATE fig.difference_group SET critical = true WHERE path = '$.p60'`);
  expect(await new EvidenceRetention(db.knex).trimGroups(3, kept)).toBe(67);
  expect(await db.knex('fig.difference_group').orderBy('path').pluck('path')).toEqual(['$.p5', '$.p6', '$.p60']);
  expect((await store.summarize('orders', 'now', 'shadow')).verdicts.mismatch).toBe(72);
});

test('a proof is there as a whole or not at all: one that comes back while it is deleted begins anew', async () => {
  await using db = await createEvidenceTestStore();
  const store = new EvidenceStore(db.knex);
  await addEvidence(db.knex, 'old', 50, 40);
  const retention = new EvidenceRetention(db.knex);
  expect(await retention.retireOlder(30, kept)).toBe(1);
  expect((await store.summarize('orders', 'old', 'shadow')).verdicts).toMatchObject({ match: 0, mismatch: 0 });
  await store.append([evidenceItem({ fingerprint: 'old' })]);
  expect(await retention.purge()).toBe(1);
  expect((await store.summarize('orders', 'old', 'shadow')).verdicts).toMatchObject({ match: 1, mismatch: 0 });
});

test('more rows than one statement deletes go in several, and writers are not held up', async () => {
  await using db = await createEvidenceTestStore();
  await addEvidence(db.knex, 'old', 1, 40);
  await db.knex.raw(
    `INSERT INTO fig.evidence_distinct SELECT s.id, sha256(n::text::bytea), 'match', false
     FROM fig.evidence_scope s, generate_series(1, 12000) n`,
  );
  const store = new EvidenceStore(db.knex);
  const writing = Array.from({ length: 20 }, (_, n) => store.append([wrong(n, 'now')]));
  await Promise.all([keepEvidence({ store: db.knex, kept, keep: generous, log: silentLog }), ...writing]);
  expect(await fingerprints(db.knex)).toEqual(['now']);
  expect((await store.summarize('orders', 'now', 'shadow')).verdicts.mismatch).toBe(20);
});

test('it is done when fig starts, by one fig at a time', async () => {
  await using db = await createEvidenceTestStore();
  await addEvidence(db.knex, 'old', 2, 40);
  await db.knex.transaction(async (other) => {
    await other.raw('SELECT pg_advisory_xact_lock(4619201108)');
    await keepEvidence({ store: db.knex, kept, keep: generous, log: silentLog });
    expect(await fingerprints(db.knex)).toEqual(['old']);
  });
  const keeper = startEvidenceKeeper({ store: db.knex, kept, keep: generous, log: silentLog });
  try {
    await until('the old evidence is gone', async () => (await fingerprints(db.knex)).length === 0);
  } finally {
    await keeper.stop();
  }
});

/** A pair whose answers do not compress. */
function withPair(n: number, fingerprint: string): EvidenceItem {
  const text = JSON.stringify(
    Array.from({ length: 400 }, (_, i) => createHash('sha256').update(`${n} ${i}`).digest('hex')),
  );
  const answer = { status: 200, headers: {}, body: { form: 'tree', kind: 'json', text } } as const;
  const question = { method: 'GET', target: `/${n}`, headers: [], removed: [], hadCredentials: false };
  return { ...wrong(n, fingerprint), pair: { take: () => ({ question, legacy: answer, candidate: answer }) } };
}

test('stored pairs of features that store none are removed and nothing else, and the figures say so', async () => {
  await using db = await createEvidenceTestStore();
  const store = new EvidenceStore(db.knex);
  await store.append([withPair(1, 'now'), withPair(2, 'now'), { ...withPair(3, 'now'), feature: 'items' }]);
  const figuresOf: KeptFigures[] = [];
  const onKept = (figures: KeptFigures): void => void figuresOf.push(figures);
  await keepEvidence({ store: db.knex, kept, keep: generous, withoutPairs: ['orders'], onKept, log: silentLog });
  expect(await new PairStore(db.knex).list()).toMatchObject([{ feature: 'items' }]);
  expect(await db.knex('fig.difference_sample').where({ pair_id: null }).count()).toEqual([{ count: '2' }]);
  await keepEvidence({ store: db.knex, kept, keep: generous, withoutPairs: ['orders'], onKept, log: silentLog });
  expect(figuresOf.map(({ removed, pairs }) => [removed, pairs])).toEqual([
    [{ 'too-old': 0, 'beyond-size': 0, group: 0, pair: 2 }, 1],
    [{ 'too-old': 0, 'beyond-size': 0, group: 0, pair: 0 }, 1],
  ]);
  expect(figuresOf[0]!.bytes).toBeGreaterThan(50_000);
  expect(Date.now() - figuresOf[0]!.at).toBeLessThan(60_000);
});

test('stored pairs count for the size that evidence may take', async () => {
  await using db = await createEvidenceTestStore();
  const store = new EvidenceStore(db.knex);
  await store.append(Array.from({ length: 40 }, (_, n) => ({ ...withPair(n, 'old'), route: `GET /${n}` })));
  await db.knex.raw(`UPDATE fig.evidence_scope SET last_seen = now() - interval '2 days'`);
  // 40 pairs of two answers with 27 kB each.
  const limit = { days: 30, bytes: 1024 ** 2 };
  await keepEvidence({ store: db.knex, kept, keep: limit, log: silentLog });
  const left = await new PairStore(db.knex).list();
  expect(left.length).toBeLessThan(25);
  expect(left.length).toBeGreaterThan(0);
});
