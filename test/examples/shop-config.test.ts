import { afterEach, expect, test, vi } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { shopConfig } from '../support/shop-under-fig.ts';

afterEach(() => vi.unstubAllEnvs());

test('the demo has a feature that is made of events where that is asked for', async () => {
  vi.stubEnv('LEGACY_DATABASE_URL', 'postgres://legacy.internal/shop');
  vi.stubEnv('FIG_SHOP_EVENTS', '1');
  const { features } = await loadConfig(shopConfig);
  expect(features.map(({ name, readModel }) => [name, readModel?.name])).toEqual([
    ['orders', 'order_summary'],
    ['cancellations', 'cancelled_orders'],
  ]);
});
