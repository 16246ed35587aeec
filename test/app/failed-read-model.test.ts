import { expect, test } from 'vitest';
import { gateHealth, readModelStatus } from '../../src/app/deciding/gate-health.ts';
import { SimpleReadModels } from '../../src/app/following/simple-read-models.ts';
import { normalizeConfig } from '../../src/config/normalize-config.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { setupSync } from '../sync/fixtures.ts';
import { seedOrders } from '../sync/poison.ts';
import { summary } from '../sync/summary-model.ts';
import { caughtUp, fillDisk, makeRoom, otherModel, shortRests, untilFailed } from '../sync/two-models.ts';

const feature = (name: string, readModel: object) => ({
  name,
  readModel,
  queries: { [`GET /${name}`]: () => undefined },
});

test('a read model that has failed is shown with the reason, holds its own gate and no other', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 30);
  const config = normalizeConfig(
    {
      legacy: { url: 'http://legacy.internal', database: setup.legacyUrl },
      features: [feature('orders', summary), feature('reports', otherModel())],
    },
    'fig.config.ts',
  );
  const [orders, reports] = config.features;
  const capture = setup.startCapture({ readModels: [summary, otherModel()], setbackRests: shortRests });
  const simple = new SimpleReadModels({
    config,
    storeUrl: setup.targetUrl,
    capture,
    onProgress: () => undefined,
    onPosition: () => undefined,
    log: silentLog,
  });
  await caughtUp(capture, 'summary');
  await caughtUp(capture, 'other');
  await fillDisk(setup);
  await setup.legacy.raw(`UPDATE orders SET note = 'while the disk is full'`);
  await untilFailed(capture);
  await caughtUp(capture, 'summary');
  expect(readModelStatus(reports!, capture, simple)).toMatchObject({
    name: 'other',
    state: 'failed',
    error: expect.stringContaining('no room is left on the disk'),
  });
  expect(gateHealth(reports!, capture, simple)).toMatchObject({
    readModelReady: false,
    readModelReason: expect.stringContaining('the read model other failed: '),
  });
  expect(readModelStatus(orders!, capture, simple)).toMatchObject({ name: 'summary', state: 'ready' });
  expect(gateHealth(orders!, capture, simple)).toMatchObject({ readModelReady: true });
  await makeRoom(setup);
  await caughtUp(capture, 'other');
  expect(gateHealth(reports!, capture, simple)).toMatchObject({ readModelReady: true });
  await simple.stop();
});
