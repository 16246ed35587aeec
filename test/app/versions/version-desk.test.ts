import { afterEach, expect, test } from 'vitest';
import { milestones } from '../../../src/kernel/milestones.ts';
import { createPhaseStore } from '../../../src/store/phase-store.ts';
import { until } from '../../support/until.ts';
import { summary } from '../../sync/summary-model.ts';
import { asVersion, VersionWorld } from '../support/version-world.ts';

const told: unknown[] = [];
const listen = (milestone: unknown): void => void told.push(milestone);
const force = { who: 'ada', why: 'the test', force: true };

afterEach(() => {
  milestones.unsubscribe(listen);
  told.length = 0;
});

test('the gate of the version that waits looks at that one, and the other keeps its own', async () => {
  const newer = asVersion(2, {
    build: async (keys, mirror, db) => {
      const rows = await summary.build(keys, mirror, db);
      if (rows.some((row) => row['note'] === 'trouble')) throw new RangeError('not this one');
      return rows;
    },
  });
  await using world = await VersionWorld.create({ newer });
  await world.setup.legacy.raw(`UPDATE orders SET note = 'trouble' WHERE id = 3`);
  await until('the key is parked', () => world.capture.lettersOf('summary_v2').count === 1);
  expect((await world.waiting.read('orders')).health).toMatchObject({ deadLetters: 1 });
  expect((await world.controller.read('orders')).health).toMatchObject({ deadLetters: 0 });
  expect(await world.desk.swap('orders', { who: 'ada' })).toMatchObject({
    moved: false,
    reason: expect.stringMatching(/^1 dead letter keeps/),
  });
});

test('a swap does not come through when the phase moves between its decision and itself', async () => {
  await using world = await VersionWorld.create();
  milestones.subscribe(listen);
  const { revision } = await world.phases.ensureFeature('orders');
  const tx = await world.store.transaction();
  const to = { phase: 'shadow', percent: 0 } as const;
  await createPhaseStore(tx).move({
    feature: 'orders',
    expectedRevision: revision,
    to,
    action: 'promote',
    who: 'ben',
    why: 'x',
  });
  const swapping = world.desk.swap('orders', force);
  await until('it is decided', () => told.includes('read-models:swap-begun'));
  await tx.commit();
  expect(await swapping).toMatchObject({
    moved: false,
    to: 'summary v1',
    reason: 'orders was moved by somebody else meanwhile',
  });
  expect(await world.desk.swap('orders', force)).toMatchObject({ moved: true, to: 'summary v2' });
});

test('a swap that waits for a version which is said to be there, and is not stored so, rests between its tries', async () => {
  await using world = await VersionWorld.create();
  await world.store('fig.projection').where({ name: 'summary_v2' }).update({ position: 1 });
  milestones.subscribe(listen);
  expect(await world.desk.swap('orders', force)).toMatchObject({
    moved: false,
    reason: 'summary v2 has not applied yet what summary v1 shows',
  });
  const tries = told.filter((one) => one === 'read-models:swap-begun').length;
  expect(tries).toBeGreaterThan(1);
  // 5 s, and 25 ms of rest, which a timer may shorten by one.
  expect(tries).toBeLessThanOrEqual(210);
});

test('a version that another feature declares is not left over, and cannot be dropped', async () => {
  await using world = await VersionWorld.create({ elsewhere: asVersion(3) });
  await world.store('fig.projection').insert({ name: 'summary_v7', fingerprint: 'f', state: 'ready', position: 1 });
  const { readModels } = await world.desk.list();
  const listed = readModels.map(({ feature, version, declared }) => `${feature}@${version} ${declared}`);
  expect(listed).toEqual(['orders@1 true', 'orders@2 true', 'orders@7 false', 'elsewhere@3 true', 'elsewhere@7 false']);
  await expect(world.desk.drop('orders', { version: 3, who: 'ada' })).rejects.toMatchObject({
    code: 'FIG_VERSION_IN_USE',
  });
  expect(await world.desk.drop('orders', { version: 7, who: 'ada' })).toMatchObject({ version: 7 });
});
