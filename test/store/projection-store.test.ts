import { expect, test } from 'vitest';
import { ProjectionStore, type Standing } from '../../src/store/projection-store.ts';
import { openTarget } from '../../src/sync/open-target.ts';
import { createStoreDatabase } from '../support/test-database.ts';

test('a position is moved on only by whoever knows where it stands', async () => {
  await using database = await createStoreDatabase();
  const target = openTarget(database.url);
  try {
    const store = new ProjectionStore();
    const start = { name: 'summary_v1', fingerprint: 'f', position: 100n, timeline: 1, sources: new Map([['t', 1]]) };
    await target.transaction((tx) => store.restart(tx, start));
    const { epoch } = (await store.find(target, 'summary_v1'))!;
    const advance = (expected: bigint, position: bigint): Promise<boolean> =>
      target.transaction((tx) =>
        store.advance(
          tx,
          'summary_v1',
          { state: 'copying', position: expected, buildCursor: undefined, epoch },
          position,
        ),
      );
    expect(await advance(100n, 200n)).toBe(true);
    expect(await advance(100n, 300n)).toBe(false);
    expect(await advance(300n, 400n)).toBe(false);
    expect((await store.find(target, 'summary_v1'))!.position).toBe(200n);
    const at = { state: 'copying', position: 200n, buildCursor: undefined, epoch } as const;
    const cursor = { source: 't', key: ['1'] };
    const walk = (expected: Standing): Promise<boolean> =>
      target.transaction((tx) => store.saveBuildCursor(tx, 'summary_v1', expected, { cursor, built: 1 }));
    const holds = (expected: Standing): Promise<boolean> =>
      target.transaction((tx) => store.holds(tx, 'summary_v1', expected));
    expect(await holds(at)).toBe(true);
    expect(await holds({ ...at, epoch: undefined })).toBe(false);
    expect(await holds({ ...at, epoch: `${epoch}0` })).toBe(false);
    expect(await walk({ ...at, state: 'building' })).toBe(false);
    expect(await walk({ ...at, position: 100n })).toBe(false);
    expect(await walk(at)).toBe(true);
    expect(await walk(at)).toBe(false);
    expect(await holds(at)).toBe(false);
    expect(await advance(200n, 300n)).toBe(false);
    expect(await holds({ ...at, buildCursor: cursor })).toBe(true);
    expect(await store.find(target, 'summary_v1')).toMatchObject({ buildCursor: cursor, built: 1 });
  } finally {
    await target.destroy();
  }
});

test('what was merely claimed is no read model that was ever made', async () => {
  await using database = await createStoreDatabase();
  const target = openTarget(database.url);
  try {
    const store = new ProjectionStore();
    const epoch = await store.claim(target, 'summary_v1', undefined);
    expect(epoch).toBeDefined();
    expect(await store.claim(target, 'summary_v1', undefined)).toBeUndefined();
    expect(await store.hasAny(target)).toBe(false);
    const start = {
      name: 'summary_v1',
      fingerprint: 'f',
      position: 1n,
      timeline: 1,
      sources: new Map([['t', 1]]),
      epoch,
    };
    await target.transaction((tx) => store.restart(tx, start));
    expect(await store.hasAny(target)).toBe(true);
  } finally {
    await target.destroy();
  }
});
