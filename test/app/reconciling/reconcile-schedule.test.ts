import { expect, onTestFinished, test } from 'vitest';
import { startReconcileSchedule } from '../../../src/app/reconciling/reconcile-schedule.ts';
import { Reconciliations } from '../../../src/app/reconciling/reconciliations.ts';
import { VersionBook } from '../../../src/app/versions/version-book.ts';
import { normalizeConfig } from '../../../src/config/normalize-config.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { until } from '../../support/until.ts';
import { setupSync } from '../../sync/fixtures.ts';
import { caughtUp, poisoned, seedOrders, untilState } from '../../sync/poison.ts';

const { orders } = poisoned({}).sources;
/** Out of use while the note of an order says so, and built again from the mirror after that. */
const model = poisoned({
  sources: {
    ...poisoned({}).sources,
    orders: {
      ...orders!,
      dirty: (row, mirror) => {
        if (row['note'] === 'poison') throw new Error('poison');
        return orders!.dirty(row, mirror);
      },
    },
  },
});
const reconcile = { every: '1d', repair: false, maxLoad: 1 } as const;
const { features } = normalizeConfig(
  {
    legacy: { url: 'http://127.0.0.1:1' },
    features: [{ name: 'orders', readModel: model, reconcile, queries: { 'GET /orders': (): object => ({}) } }],
  },
  'fig.config.ts',
);

test('a read model that is built again is compared again at once, however young the comparison from before is', async () => {
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await seedOrders(setup, 20);
  const capture = setup.startCapture({ readModels: [model] });
  const reconciliations = new Reconciliations(target, capture);
  const versions = new VersionBook(features).all();
  const [feature] = versions;
  const schedule = startReconcileSchedule({ versions, reconciliations, capture, log: silentLog });
  onTestFinished(() => schedule.stop());
  const health = async () => (await reconciliations.health(feature!))?.last?.state;
  const makeAnew = async (): Promise<void> => {
    await legacy.raw(`UPDATE orders SET note = 'poison' WHERE id = 4`);
    await untilState(capture, 'paused');
    await legacy.raw(`UPDATE orders SET note = 'mended' WHERE id = 4`);
    await caughtUp(capture);
  };
  const compared = async (): Promise<number> => Number((await target('fig.reconciliation').max('id as id'))[0]!['id']);
  await until('it is compared', async () => (await health()) === 'clean');
  const first = await compared();
  await makeAnew();
  await until('it is compared again', async () => (await compared()) > first && (await health()) === 'clean');

  await target.raw('DELETE FROM mirror_summary_v1.items WHERE order_id = 9');
  const signal = AbortSignal.timeout(20_000);
  await reconciliations.run(feature!, { repair: false }, { onProgress: () => undefined, signal });
  expect(await health()).toBe('different');
  const second = await compared();
  await makeAnew();
  expect(await health()).toBe('different');
  await until('it is compared once more', async () => (await compared()) > second);
});
