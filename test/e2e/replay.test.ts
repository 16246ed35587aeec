import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FeatureReport, ReportGroup } from '../../src/app/reports/feature-report.ts';
import type { ReplayReport } from '../../src/app/replay/replay-report.ts';
import { FaultyShop, faultyConfig } from '../support/faulty-shop.ts';
import { runFig, type FigProcess } from '../support/fig-process.ts';
import type { ShopUnderFig } from '../support/shop-under-fig.ts';
import { until } from '../support/until.ts';

let world: FaultyShop;
let shop: ShopUnderFig;
let fig: FigProcess;

beforeAll(async () => {
  world = await FaultyShop.create();
  ({ shop, fig } = world);
}, 120_000);

afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
});

async function replay(group: ReportGroup): Promise<ReplayReport> {
  const env = {
    FIG_PORT: '0',
    FIG_ADMIN_PORT: '0',
    LEGACY_URL: shop.shopUrl,
    LEGACY_DATABASE_URL: shop.legacyUrl,
    FIG_DATABASE_URL: shop.targetUrl,
    FIG_SHOP_VERSION: '2',
    FAULT_FILE: world.faultFile,
  };
  const { stdout, stderr } = await runFig(
    shop.folder,
    ['replay', '--group', group.id, '--config', faultyConfig, '--json'],
    env,
  );
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as ReplayReport;
}

test('a group that the shadow found remains while the candidate is wrong, and is gone once it is mended', async () => {
  await world.break('garbage');
  for (let id = 9; id < 12; id += 1) await (await fetch(`${fig.proxy}/api/orders/${id}`)).text();
  let group: ReportGroup | undefined;
  await until(
    'the shadow has found what differs',
    async () => {
      const { groups } = await fig.json<FeatureReport>('report', 'orders');
      group = groups.find(({ path, count }) => path === '$.total' && count === 3);
      return group !== undefined;
    },
    60_000,
  );

  const before = await replay(group!);
  expect(before.outcomes).toMatchObject([{ id: group!.id, path: '$.total', outcome: 'remains', remains: 3 }]);

  // The files say what is asked; the fig that runs may still be of the time before.
  await world.mend();
  const after = await replay(group!);
  expect(after.outcomes).toMatchObject([{ id: group!.id, outcome: 'gone', gone: 3, remains: 0, undetermined: 0 }]);
  expect(after.verdicts).toMatchObject({ mismatch: 0, error: 0 });
}, 180_000);
