import knexFactory from 'knex';
import { expect, test } from 'vitest';
import { startCapture } from '../../../src/app/following/start-capture.ts';
import { normalizeConfig } from '../../../src/config/normalize-config.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { ordersFeature } from '../../../examples/shop/features/orders.ts';

const nothing = (): void => undefined;

test('where nothing brings changes as the config says, none are captured by another way', () => {
  const config = normalizeConfig(
    {
      legacy: { url: 'http://legacy.internal', database: 'postgres://legacy.internal/shop' },
      events: { via: 'debezium', brokers: ['kafka:9092'], prefix: 'shop', connector: 'postgresql' },
      features: [ordersFeature(1)],
    },
    'fig.config.ts',
  );
  const told = { onProgress: nothing, onPosition: nothing, onApplied: nothing, onParked: nothing, log: silentLog };
  expect(() => startCapture({ config, target: knexFactory({ client: 'pg' }), ...told })).toThrow(
    /events\.via: debezium is not possible yet/,
  );
});
