import type { Knex } from 'knex';
import { projections } from '../../migrations/0001-projections.ts';
import { evidence } from '../../migrations/0002-evidence.ts';
import { cutover } from '../../migrations/0003-cutover.ts';
import { quarantine } from '../../migrations/0021-quarantine.ts';
import { spoiledEvidence } from '../../migrations/0016-spoiled-evidence.ts';
import { ruleHits } from '../../migrations/0017-rule-hits.ts';
import { requestFacts } from '../../migrations/0018-request-facts.ts';
import { storedPairs } from '../../migrations/0019-stored-pairs.ts';
import { legacyVariation } from '../../migrations/0020-legacy-variation.ts';
import { partialEvidence } from '../../migrations/0026-partial-evidence.ts';
import { migrateStore, openStore } from '../../src/store/control-store.ts';
import type { EvidenceItem } from '../../src/store/evidence-item.ts';
import { createTestDatabase } from '../support/test-database.ts';

export interface EvidenceTestStore extends AsyncDisposable {
  readonly url: string;
  readonly knex: Knex;
}

/** A fresh control store that holds the tables of evidence, and of settings. */
export async function createEvidenceTestStore(): Promise<EvidenceTestStore> {
  const database = await createTestDatabase();
  const knex = openStore(database.url, { applicationName: 'fig evidence test' });
  await migrateStore(knex, [
    projections,
    evidence,
    cutover,
    spoiledEvidence,
    ruleHits,
    requestFacts,
    storedPairs,
    legacyVariation,
    quarantine,
    partialEvidence,
  ]);
  return {
    url: database.url,
    knex,
    [Symbol.asyncDispose]: async () => {
      await knex.destroy();
      await database[Symbol.asyncDispose]();
    },
  };
}

export function evidenceItem(more: Partial<EvidenceItem> = {}): EvidenceItem {
  return {
    feature: 'orders',
    fingerprint: 'f1',
    step: 'shadow',
    route: 'GET /orders/:id',
    verdict: 'match',
    reason: '',
    key: Buffer.from('key'),
    critical: false,
    shape: '2xx',
    legacyMs: 10,
    candidateMs: 20,
    differences: [],
    question: 'GET /orders/1',
    seenAt: 1_000,
    ...more,
  };
}
