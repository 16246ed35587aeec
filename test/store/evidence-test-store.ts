import type { Knex } from 'knex';
import { openStore } from '../../src/store/control-store.ts';
import type { EvidenceItem } from '../../src/store/evidence-item.ts';
import { createStoreDatabase } from '../support/test-database.ts';

export interface EvidenceTestStore extends AsyncDisposable {
  readonly url: string;
  readonly knex: Knex;
}

/** A fresh control store. */
export async function createEvidenceTestStore(): Promise<EvidenceTestStore> {
  const database = await createStoreDatabase();
  const knex = openStore(database.url, { applicationName: 'fig evidence test' });
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
