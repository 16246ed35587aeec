import { expect, it } from 'vitest';
import { cutover } from '../../../migrations/0003-cutover.ts';
import { routing } from '../../../migrations/0004-routing.ts';
import { startBreakerEvidence } from '../../../src/app/deciding/breaker-evidence.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { summarizeOpenings } from '../../../src/store/breaker-store.ts';
import { migrateStore, openStore } from '../../../src/store/control-store.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { until } from '../../support/until.ts';

it('an opening is written as soon as the store takes it, however long that is, and counts for its own feature', async () => {
  await using database = await createTestDatabase();
  const store = openStore(database.url, { applicationName: 'fig test' });
  const evidence = startBreakerEvidence(store, silentLog);
  try {
    const since = new Date(Date.now() - 60_000);
    const opening = { feature: 'orders', cause: 'consecutive', failures: 5, total: 9 };
    evidence.keep({ ...opening, at: Date.now() });
    evidence.keep({ ...opening, at: Date.now() - 3_600_000 });
    evidence.keep({ ...opening, feature: 'other', at: Date.now() });
    // The tables come late, as a store that was away does.
    await migrateStore(store, [cutover, routing]);
    await until('the last one is written', async () => (await summarizeOpenings(store, 'other', since)).openings === 1);
    const summary = await summarizeOpenings(store, 'orders', since);
    // The one of an hour ago belongs to an earlier stay.
    expect(summary.openings).toBe(1);
    expect(summary.secondsSinceLast).toBeLessThan(60);
    expect(await summarizeOpenings(store, 'nobody', since)).toEqual({ openings: 0, secondsSinceLast: undefined });
  } finally {
    await evidence.stop();
    await store.destroy();
  }
});
