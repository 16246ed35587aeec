import { expect, test } from 'vitest';
import { ordersFeature } from '../../examples/shop/features/orders.ts';
import { checkConfig } from '../../src/app/preflight/check-config.ts';
import type { EventsDefinition } from '../../src/config/events-definition.ts';
import { normalizeConfig } from '../../src/config/normalize-config.ts';

function check(events: EventsDefinition): void {
  const legacy = { url: 'http://legacy.internal', database: 'postgres://legacy.internal/shop' };
  checkConfig(normalizeConfig({ legacy, events, features: [ordersFeature(1)] }, 'fig.config.ts'), 'fig.config.ts');
}

test('what a transport cannot do yet is refused before anything starts', () => {
  const brokers = ['kafka:9092'];
  expect(() => check({ via: 'kafka', brokers })).not.toThrow();
  expect(() => check({ via: 'kafka', brokers, partitions: 8 })).toThrow(/events\.partitions/);
  expect(() => check({ via: 'debezium', brokers, prefix: 'shop', connector: 'mysql' })).toThrow(/events\.landing/);
});
