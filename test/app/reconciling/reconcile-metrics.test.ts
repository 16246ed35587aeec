import { expect, test } from 'vitest';
import { refreshReconcileMetrics } from '../../../src/app/reconciling/reconcile-metrics.ts';
import { Reconciliations } from '../../../src/app/reconciling/reconciliations.ts';
import { ServingVersions } from '../../../src/app/versions/serving-versions.ts';
import { VersionBook } from '../../../src/app/versions/version-book.ts';
import { normalizeConfig } from '../../../src/config/normalize-config.ts';
import { defineReadModel } from '../../../src/config/read-model-definition.ts';
import { createMetrics } from '../../../src/observe/metrics.ts';
import { setupSync } from '../../sync/fixtures.ts';
import { seedOrders } from '../../sync/poison.ts';
import { summary } from '../../sync/summary-model.ts';

const newer = defineReadModel({ ...summary, version: 2 });
const { features } = normalizeConfig(
  {
    legacy: { url: 'http://127.0.0.1:1' },
    features: [
      {
        name: 'orders',
        readModel: newer,
        previous: { readModel: summary },
        queries: { 'GET /orders': (): object => ({}) },
      },
    ],
  },
  'fig.config.ts',
);

test('of two versions each has figures of its own, and the feature those of the one that serves', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 20);
  const capture = setup.startCapture({ readModels: [newer, summary] });
  await capture.untilReady(AbortSignal.timeout(20_000));
  const reconciliations = new Reconciliations(setup.target, capture);
  const reads = { phase: 'live', percent: 100 } as const;
  let version = 1;
  const versions = new ServingVersions(new VersionBook(features), () => ({
    revision: 1,
    features: new Map([['orders', { feature: 'orders', reads, version }]]),
  }));
  const metrics = createMetrics();
  refreshReconcileMetrics(metrics, ['orders'], versions, reconciliations);
  const figures = async (): Promise<string[]> =>
    (await metrics.text()).split('\n').filter((line) => /^fig_reconcile_(rows|differences.*missing)/.test(line));
  const [, first] = versions.of('orders');

  const progress: (number | undefined)[][] = [];
  const reading: Promise<void>[] = [];
  const onProgress = (): void => {
    const now = Promise.all(versions.of('orders').map((each) => reconciliations.figures(each)));
    reading.push(now.then((of) => void progress.push(of.map((one) => one?.progress))));
  };
  await reconciliations.run(first!, { repair: false }, { onProgress, signal: AbortSignal.timeout(20_000) });
  await Promise.all(reading);
  expect(progress.some(([, ofFirst]) => ofFirst! > 0)).toBe(true);
  expect(progress.map(([ofNewer]) => ofNewer)).toEqual(progress.map(() => 0));

  const ofFirst = [
    'fig_reconcile_rows{feature="orders@1"}',
    'fig_reconcile_differences{feature="orders@1",kind="missing"}',
  ];
  const asServing = ofFirst.map((line) => line.replace('@1', ''));
  const names = async (): Promise<string[]> => (await figures()).map((line) => line.split(' ')[0]!).toSorted();
  expect(await names()).toEqual([...asServing, ...ofFirst].toSorted());
  // The newer one has not been compared: nothing may be said of it that was found in the other.
  version = 2;
  expect(await names()).toEqual(ofFirst.toSorted());
});
