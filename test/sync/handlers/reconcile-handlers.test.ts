import { expect, test } from 'vitest';
import { verifyFeature } from '../../../src/app/reconciling/verify-feature.ts';
import { until } from '../../support/until.ts';
import { setupSync } from '../fixtures.ts';
import { fenced, sums, tally, tallySchema, told } from './tally-model.ts';
import { replayed } from './replayed-history.ts';

test('what handlers were not given, or were given wrong, is put right as changes when the sources are compared', async () => {
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await legacy.raw(tallySchema);
  await legacy.raw(`INSERT INTO moves (id, grp, n) SELECT n, 'g' || n % 5, n FROM generate_series(1, 50) n`);
  const capture = setup.startCapture({ readModels: [tally(1)] });
  await fenced(capture);
  // As if three changes had been lost: the mirror and what was made of it are the same, and both are wrong.
  await target.raw('DELETE FROM mirror_tally_v1.moves WHERE id = 3');
  await target.raw(`UPDATE rm_tally_v1.tally SET rows = rows - 1, total = total - 3 WHERE grp = 'g3'`);
  await target.raw(`UPDATE mirror_tally_v1.moves SET n = 100, rev = -1 WHERE id = 4`);
  await target.raw(`UPDATE rm_tally_v1.tally SET total = total + 96 WHERE grp = 'g4'`);
  await target.raw(`INSERT INTO mirror_tally_v1.moves (id, grp, n, rev, at) VALUES (99, 'g0', 5, 0, now())`);
  await target.raw(`UPDATE rm_tally_v1.tally SET rows = rows + 1, total = total + 5 WHERE grp = 'g0'`);
  const order = { repair: true, maxLoad: 1, onProgress: () => undefined, signal: new AbortController().signal };
  const result = await capture.reconcile('tally', order);
  expect(result).toMatchObject({
    state: 'repaired',
    parts: [{ name: 'public.moves', repaired: 3 }, { name: 'public.tags' }],
  });
  const { stored, fresh } = await sums(setup, 1);
  expect(stored).toEqual(fresh);
  const corrections = (await told(target, 1)).filter(({ kind }) => kind !== 'snapshot');
  expect(corrections.map(({ kind }) => kind).toSorted()).toEqual(['delete', 'insert', 'update']);
  expect(corrections.every(({ committedAt }) => committedAt === null)).toBe(true);
});

test('a table that was changed is copied again, and everything is given again', async () => {
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await legacy.raw(tallySchema);
  await legacy.raw(`INSERT INTO moves (id, grp, n) SELECT n, 'g' || n % 5, n FROM generate_series(1, 50) n`);
  const capture = setup.startCapture({ readModels: [tally(1)] });
  await fenced(capture);
  await legacy.raw(`ALTER TABLE moves ALTER COLUMN rev TYPE bigint, ADD COLUMN extra int NOT NULL DEFAULT 5`);
  await legacy.raw(`UPDATE moves SET n = n + 1, rev = rev + 1 WHERE id < 10`);
  await until('the new column is given', async () => (await told(target, 1)).at(-1)?.after?.['extra'] === 5);
  await fenced(capture);
  const { stored, fresh } = await sums(setup, 1);
  expect(stored).toEqual(fresh);
  replayed(await told(target, 1));
}, 60_000);

test('a read model of handlers cannot be verified, and the refusal says what to do instead', async () => {
  await using setup = await setupSync();
  const feature = { name: 'groups', readModel: tally(1) };
  await expect(verifyFeature(setup.target, feature, 10)).rejects.toMatchObject({ code: 'FIG_VERIFY_REFUSED' });
});
