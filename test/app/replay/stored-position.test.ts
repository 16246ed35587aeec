import { expect, test } from 'vitest';
import { StoredPosition } from '../../../src/app/replay/stored-position.ts';
import { ProjectionStore } from '../../../src/store/projection-store.ts';
import { openTarget } from '../../../src/sync/open-target.ts';
import { createStoreDatabase } from '../../support/test-database.ts';

test('a fence is passed when another process has committed the position, of a read model that is ready', async () => {
  await using database = await createStoreDatabase();
  const target = openTarget(database.url);
  try {
    const position = new StoredPosition(target, 'summary_v1');
    expect(await position.waitFor(1n, 0)).toBe(false);
    const sources = new Map([['t', 1]]);
    await target.transaction((tx) =>
      new ProjectionStore().restart(tx, { name: 'summary_v1', fingerprint: 'f', position: 100n, timeline: 1, sources }),
    );
    // It is still being copied, so its rows stand at no position.
    expect(await position.waitFor(50n, 0)).toBe(false);
    await target('fig.projection').update({ state: 'ready' });
    expect(await position.waitFor(100n, 0)).toBe(true);
    expect(await position.waitFor(101n, 0)).toBe(false);
    const waiting = position.waitFor(200n, 20_000);
    await target('fig.projection').update({ position: '200' });
    expect(await waiting).toBe(true);
  } finally {
    await target.destroy();
  }
});
