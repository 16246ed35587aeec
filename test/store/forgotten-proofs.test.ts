import type { Knex } from 'knex';
import { expect, test } from 'vitest';
import { ProjectionStore } from '../../src/store/projection-store.ts';
import {
  beginReconciliation,
  endReconciliation,
  lastReconciliation,
  type ReconciliationState,
} from '../../src/store/reconciliation-store.ts';
import { openTarget } from '../../src/sync/open-target.ts';
import { createStoreDatabase } from '../support/test-database.ts';

const projection = 'summary_v1';
const store = new ProjectionStore();
const begin = (db: Knex): Promise<string> => beginReconciliation(db, { projection, repair: false, whole: true });
const end = (db: Knex, id: string, state: ReconciliationState) =>
  endReconciliation(db, id, { state, position: 7n, parts: [], samples: [], error: undefined });
const last = (db: Knex) => lastReconciliation(db, projection, { conclusive: true });

test.each<[string, (tx: Knex.Transaction) => Promise<void>]>([
  ['of a table again', (tx) => store.copyAgain(tx, projection, ['t'])],
  ['of columns', (tx) => store.fillColumns(tx, projection, new Map([['t', ['c']]]))],
  ['from the mirror', (tx) => store.restartBuilding(tx, projection)],
])('a copy %s outdates what comparisons found, but not that they found a difference', async (_, makeAnew) => {
  await using database = await createStoreDatabase();
  const target = openTarget(database.url);
  try {
    const start = { name: projection, fingerprint: 'f', position: 100n, timeline: 1, sources: new Map([['t', 1]]) };
    await target.transaction((tx) => store.restart(tx, start));
    await end(target, await begin(target), 'different');
    await end(target, await begin(target), 'clean');
    const running = await begin(target);
    await target.transaction(makeAnew);
    expect(await last(target)).toBeUndefined();
    expect(await end(target, running, 'clean')).toBeUndefined();

    await end(target, await begin(target), 'clean');
    await end(target, await begin(target), 'different');
    await end(target, await begin(target), 'failed');
    await target.transaction(makeAnew);
    expect(await last(target)).toMatchObject({ state: 'different', position: undefined });
    expect(await target('fig.reconciliation').select('state')).toEqual([{ state: 'different' }]);
  } finally {
    await target.destroy();
  }
});
