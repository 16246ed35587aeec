import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ReconcileReport } from '../../src/app/control.ts';
import { runFig, type FigProcess } from '../support/fig-process.ts';
import { ShopUnderFig } from '../support/shop-under-fig.ts';
import { until } from '../support/until.ts';

let shop: ShopUnderFig;
let fig: FigProcess;

beforeAll(async () => {
  shop = await ShopUnderFig.create(400);
  fig = await shop.startFig(2);
  await shop.untilReadModelReady(fig);
}, 120_000);

afterAll(async () => {
  await fig?.[Symbol.asyncDispose]();
  await shop?.[Symbol.asyncDispose]();
});

async function lastState(): Promise<string | undefined> {
  const { features } = await fig.status();
  return features[0]?.readModel?.reconciliation?.state;
}

test('a read model is compared by itself once it has been built, and status says so', async () => {
  await until('it was compared', async () => (await lastState()) === 'clean', 60_000);
  const { stdout } = await runFig(fig.cwd, ['status']);
  expect(stdout).toMatch(/orders: compared with legacy .* ago: [\d,]+ rows agree/);
}, 90_000);

test('fig reconcile finds what differs and exits with 3, and --repair puts it right', async () => {
  const { rowCount } = await shop.target.raw(
    'DELETE FROM mirror_order_summary_v2.orders WHERE id = (SELECT max(id) FROM mirror_order_summary_v2.orders)',
  );
  expect(rowCount).toBe(1);
  const found = await runFig(fig.cwd, ['reconcile', 'orders']);
  expect(found.code).toBe(3);
  // The read model still has the row that the mirror lost.
  expect(found.stdout).toMatch(/different: 2 of [\d,]+ rows differ \(1 of public\.orders, 1 of order_summary\)/);
  expect(await lastState()).toBe('different');
  const repaired = await runFig(fig.cwd, ['reconcile', 'orders', '--repair']);
  expect(repaired.code).toBe(0);
  expect(await lastState()).toBe('repaired');
  expect((await runFig(fig.cwd, ['reconcile', 'orders'])).code).toBe(0);
  const metrics = await (await fetch(new URL('/metrics', await fig.admin()))).text();
  expect(metrics).toMatch(/^fig_reconcile_finished_timestamp_seconds\{feature="orders"\} \d{10}/m);
  expect(metrics).toContain('fig_reconcile_differences{feature="orders",kind="missing"} 0');
}, 120_000);

test('a fig that is killed in the middle of a comparison leaves nothing broken, and a later one works', async () => {
  // A lock that legacy holds keeps the comparison from coming to its end.
  const locked = await shop.legacy.transaction();
  await locked.raw('LOCK TABLE orders IN ACCESS EXCLUSIVE MODE');
  const cut = runFig(fig.cwd, ['reconcile', 'orders', '--repair']);
  await until('it waits in the middle', async () => {
    const { rows } = await shop.legacy.raw(
      `SELECT 1 FROM pg_stat_activity WHERE application_name = 'fig reconcile' AND wait_event_type = 'Lock'
          AND datname = current_database()`,
    );
    return rows.length > 0;
  });
  await fig.kill();
  await locked.rollback();
  expect((await cut).code).toBe(1);
  await fig[Symbol.asyncDispose]();

  fig = await shop.startFig(2);
  await shop.untilReadModelReady(fig);
  const report = await fig.json<ReconcileReport>('reconcile', 'orders');
  expect(report.state).toBe('clean');
  const cutOff = await shop.target('fig.reconciliation').where({ error: 'it was cut off' }).select('state');
  expect(cutOff).toEqual([{ state: 'failed' }]);
}, 120_000);
