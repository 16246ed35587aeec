import { once } from 'node:events';
import { expect, test } from 'vitest';
import { setupSync } from '../fixtures.ts';
import { caughtUp, seedOrders } from '../poison.ts';
import { summary } from '../summary-model.ts';
import { until } from '../../support/until.ts';

test('rows of a read model that is made anew are there until nobody reads them any more', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 10);
  const first = setup.startCapture();
  await caughtUp(first);
  await first.stop();
  const before = await setup.actual();
  expect(before.length).toBeGreaterThan(0);

  // The same version with another table, so its rows are of no use to it.
  const other: typeof summary = {
    ...summary,
    table: (t) => {
      summary.table(t);
      t.text('more');
    },
  };
  const asked: string[] = [];
  const released = new AbortController();
  const second = setup.startCapture({
    readModels: [other],
    beforeEmptying: (readModel) => {
      asked.push(readModel);
      return once(released.signal, 'abort').then(() => undefined);
    },
  });
  await until('it is asked whether somebody reads', () => asked.length > 0);
  expect(asked).toEqual(['summary_v1']);
  expect(await setup.actual()).toEqual(before);
  released.abort();
  await caughtUp(second);
  const { rows } = await setup.target.raw('SELECT count(*)::int AS rows FROM rm_summary_v1.summary WHERE more IS NULL');
  expect(rows).toEqual([{ rows: before.length }]);
}, 60_000);
