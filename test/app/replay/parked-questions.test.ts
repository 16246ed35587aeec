import { expect, test } from 'vitest';
import { orderReadModel } from '../../../examples/shop/features/order-read-model.ts';
import { openParties } from '../../../src/app/replay/open-parties.ts';
import { normalizeConfig } from '../../../src/config/normalize-config.ts';
import { openStore } from '../../../src/store/control-store.ts';
import { DeadLetterStore } from '../../../src/store/dead-letter-store.ts';
import { ProjectionStore } from '../../../src/store/projection-store.ts';
import { createStoreDatabase } from '../../support/test-database.ts';

test('what may be about a key that could not be built is not asked', async () => {
  await using database = await createStoreDatabase();
  const knex = openStore(database.url, { applicationName: 'fig test' });
  try {
    const routes = { 'GET /orders/:id': () => undefined, 'GET /orders': () => undefined };
    const config = normalizeConfig(
      {
        legacy: { url: 'http://127.0.0.1:9', database: database.url },
        store: database.url,
        features: [
          { name: 'orders', readModel: orderReadModel(2), queries: routes, keyedBy: { 'GET /orders/:id': 'id' } },
        ],
      },
      'the test',
    );
    const note = {
      kind: 'build',
      key: '7',
      source: undefined,
      sourceKey: undefined,
      code: '22P02',
      message: '',
    } as const;
    const start = { fingerprint: 'f', position: 1n, timeline: 1, sources: new Map([['orders', 1]]) };
    await knex.transaction((tx) => new ProjectionStore().restart(tx, { name: 'order_summary_v2', ...start }));
    await knex.transaction((tx) => new DeadLetterStore().park(tx, 'order_summary_v2', note));
    await using opened = await openParties({ config, store: { url: database.url, knex }, given: [] });
    const isParked = (route: string, params: Record<string, string>): boolean =>
      opened.isParked({ feature: 'orders', route, params });
    expect(isParked('GET /orders/:id', { id: '7' })).toBe(true);
    expect(isParked('GET /orders/:id', { id: '8' })).toBe(false);
    expect(isParked('GET /orders', {})).toBe(true);
  } finally {
    await knex.destroy();
  }
});
