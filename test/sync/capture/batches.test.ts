import { expect, test } from 'vitest';
import type { AppliedBatch } from '../../../src/sync/capture/applied-batch.ts';
import { until } from '../../support/until.ts';
import { setupSync } from '../fixtures.ts';
import { caughtUp, seedOrders, untilState } from '../poison.ts';
import { caughtUp as nudgedUntilCaughtUp } from '../two-models.ts';

const bytes = 4 * 1024 * 1024;
/** Longer than any test: nothing is applied because this time is over. */
const waitMs = 3_600_000;

test('changes are gathered until there are enough, so that many small transactions make few commits', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 10);
  const applied: AppliedBatch[] = [];
  const capture = setup.startCapture({
    batch: { rows: 20, bytes, waitMs },
    onApplied: (batch) => void applied.push(batch),
  });
  await caughtUp(capture);
  applied.length = 0;
  for (let n = 0; n < 60; n += 1)
    await setup
      .legacy('orders')
      .where({ id: 1 })
      .update({ note: `gathered ${n}` });
  await caughtUp(capture);
  const updates = (): readonly number[] => applied.map(({ changes }) => changes.update).filter((count) => count > 0);
  await until('all is told', () => updates().reduce((sum, count) => sum + count, 0) === 60);
  // Three, and one more for every nudge that an idle capture gives itself.
  expect(updates().length).toBeLessThan(20);
  expect(Math.max(...updates())).toBeLessThanOrEqual(20);
  expect(await setup.actual()).toEqual(await setup.expected());
});

test('whoever waits for a position does not wait until there are enough', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 10);
  const capture = setup.startCapture({ batch: { rows: 1_000, bytes, waitMs } });
  await caughtUp(capture);
  await setup.legacy.raw(`UPDATE orders SET note = 'asked for'`);
  await caughtUp(capture);
  expect(await setup.actual()).toEqual(await setup.expected());
});

test('what was gathered when capture stops is applied by the next one', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 10);
  const first = setup.startCapture({ batch: { rows: 1_000, bytes, waitMs } });
  await caughtUp(first);
  await setup.legacy.raw(`UPDATE orders SET note = 'left behind'`);
  const position = await first.source.read();
  await until('it has come', () => first.status().received! >= position);
  await first.stop();
  const second = setup.startCapture();
  await untilState(second, 'ready');
  await caughtUp(second);
  expect(await setup.actual()).toEqual(await setup.expected());
});

test('a batch ends where it has enough bytes, and no transaction is divided', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 10);
  const applied: AppliedBatch[] = [];
  const first = setup.startCapture();
  await caughtUp(first);
  await first.stop();
  for (let n = 0; n < 6; n += 1) await setup.legacy.raw(`UPDATE orders SET note = repeat('${n}', 2000)`);
  const second = setup.startCapture({
    batch: { rows: 4_000, bytes: 30_000, waitMs },
    onApplied: (batch) => void applied.push(batch),
  });
  await nudgedUntilCaughtUp(second, 'summary');
  const updates = (): readonly number[] => applied.map(({ changes }) => changes.update).filter((count) => count > 0);
  await until('all is told', () => updates().reduce((sum, count) => sum + count, 0) === 60);
  expect(updates().filter((count) => count !== 10 && count !== 20)).toEqual([]);
  expect(await setup.actual()).toEqual(await setup.expected());
});
