import { expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { setupSync } from '../fixtures.ts';
import { fenced, sums, tally, tallySchema, told } from './tally-model.ts';
import { replayed } from './replayed-history.ts';

test('handlers get rows that were there as snapshots, and then every change whole, in order, with position and commit time', async () => {
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await legacy.raw(tallySchema);
  await legacy.raw(`INSERT INTO moves (id, grp, n, big) VALUES (9, 'a', 1.50, repeat('x', 10000)), (10, 'b', 2, NULL)`);
  await legacy.raw(`INSERT INTO tags VALUES ('t', 1, 5)`);
  const capture = setup.startCapture({ readModels: [tally(1)] });
  await fenced(capture);
  const snapshots = await told(target, 1);
  expect(snapshots.map(({ source, kind, after, committedAt }) => [source, kind, after!['rev'], committedAt])).toEqual([
    ['moves', 'snapshot', 0, null],
    ['moves', 'snapshot', 0, null],
    ['tags', 'snapshot', 0, null],
  ]);
  expect(snapshots[0]!.after).toMatchObject({ id: '9', n: '1.50', at: '2024-02-29 10:34:56.789012+00' });

  await legacy.transaction(async (tx) => {
    // The large value is not sent again, and one row is changed three times.
    await tx.raw(`UPDATE moves SET n = n + 1, rev = rev + 1 WHERE id = 9`);
    await tx.raw(`UPDATE moves SET grp = 'b', rev = rev + 1 WHERE id = 9`);
    await tx.raw(`UPDATE tags SET weight = 6, rev = rev + 1`);
    await tx.raw(`UPDATE moves SET id = 90, rev = rev + 1 WHERE id = 9`);
    await tx.raw(`DELETE FROM moves WHERE id = 10`);
    await tx.raw(`INSERT INTO moves (id, grp, n) VALUES (10, 'c', 3)`);
  });
  await fenced(capture);
  const history = await told(target, 1);
  const changes = history.slice(3);
  expect(changes.map(({ source, kind, before, after }) => [source, kind, before?.['rev'], after?.['rev']])).toEqual([
    ['moves', 'update', 0, 1],
    ['moves', 'update', 1, 2],
    ['tags', 'update', 0, 1],
    ['moves', 'update', 2, 3],
    ['moves', 'delete', 0, undefined],
    ['moves', 'insert', undefined, 0],
  ]);
  for (const { before, after } of changes.slice(0, 2)) {
    expect(before!['big']).toBe('x'.repeat(10_000));
    expect(after!['big']).toBe('x'.repeat(10_000));
  }
  expect(changes[3]).toMatchObject({ before: { id: '9' }, after: { id: '90' } });
  expect(new Set(changes.map(({ position }) => position)).size).toBe(1);
  expect(changes.every(({ committedAt }) => committedAt !== null)).toBe(true);
  replayed(history);

  await legacy.raw('TRUNCATE moves, tags');
  await legacy.raw(`INSERT INTO moves (id, grp, n) VALUES (1, 'z', 1)`);
  await fenced(capture);
  expect(
    (await told(target, 1))
      .slice(-3)
      .map(({ source, kind }) => `${source} ${kind}`)
      .toSorted(),
  ).toEqual(['moves insert', 'moves truncate', 'tags truncate']);
  const { stored, fresh } = await sums(setup, 1);
  expect(stored).toEqual(fresh);
});

test('a transaction that does not fit into memory is given to handlers whole and in order', async () => {
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await legacy.raw(tallySchema);
  const sizes = new Set<string>();
  const capture = setup.startCapture({ readModels: [tally(1)], onApplied: ({ size }) => void sizes.add(size) });
  await fenced(capture);
  await legacy.transaction(async (tx) => {
    await tx.raw(
      `INSERT INTO moves (id, grp, n, big) SELECT n, 'g' || n % 7, n, repeat('y', 20000) FROM generate_series(1, 1200) n`,
    );
    await tx.raw(`UPDATE moves SET n = n * 2, rev = rev + 1 WHERE id % 3 = 0`);
    await tx.raw(`UPDATE moves SET id = id + 100000, rev = rev + 1 WHERE id % 5 = 0`);
    await tx.raw(`DELETE FROM moves WHERE id % 4 = 0`);
  });
  await fenced(capture);
  const { stored, fresh } = await sums(setup, 1);
  expect(stored).toEqual(fresh);
  await until('the large transaction is counted', () => sizes.has('large'));
  const rows = replayed(await told(target, 1)).moves;
  expect(rows.length).toBe(Number((await legacy('moves').count({ n: '*' }))[0]!['n']));
}, 60_000);

test('rows that are larger than what is read at once are given whole and in order, also those that take the keys of others', async () => {
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await legacy.raw(tallySchema);
  await legacy.raw(
    `INSERT INTO moves (id, grp, n, big) SELECT n, 'g' || n % 3, n, repeat(md5(n::text), 40000) FROM generate_series(1, 20) n`,
  );
  const capture = setup.startCapture({ readModels: [tally(1)] });
  await fenced(capture);
  await legacy.transaction(async (tx) => {
    await tx.raw(`UPDATE moves SET id = id - 1, rev = rev + 1`);
    await tx.raw(`UPDATE moves SET n = n * 2, rev = rev + 1`);
    await tx.raw(`DELETE FROM moves WHERE id % 4 = 0`);
  });
  await fenced(capture);
  const { stored, fresh } = await sums(setup, 1);
  expect(stored).toEqual(fresh);
  expect(replayed(await told(target, 1)).moves.length).toBe(15);
  const digests = `SELECT id, rev, md5(big) AS digest FROM ?? ORDER BY id`;
  const mirrored = await target.raw<{ rows: unknown[] }>(digests, ['mirror_tally_v1.moves']);
  expect(mirrored.rows).toEqual((await legacy.raw<{ rows: unknown[] }>(digests, ['moves'])).rows);
}, 60_000);
