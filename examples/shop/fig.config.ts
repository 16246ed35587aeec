import { defineMigration } from 'strangler-fig';
import { cancellationsFeature, shopEvents } from './features/cancellations.ts';
import { ordersFeature } from './features/orders.ts';

const env = process.env;
const brokers = env['FIG_KAFKA_BROKERS'];
const hasEvents = env['FIG_SHOP_EVENTS'] === '1';

/** The shop's orders, with a mistake in version 1 and without it in version 2, and with FIG_SHOP_EVENTS=1 what was cancelled. */
export default defineMigration({
  name: 'shop',
  listen: { port: Number(env['FIG_PORT'] ?? 8080), host: env['FIG_HOST'] ?? '127.0.0.1' },
  admin: { port: Number(env['FIG_ADMIN_PORT'] ?? 8089) },
  legacy: { url: env['LEGACY_URL'] ?? 'http://127.0.0.1:3000', database: env['LEGACY_DATABASE_URL'] },
  events:
    brokers === undefined
      ? { via: 'direct' }
      : { via: 'kafka', brokers: brokers.split(','), topic: env['FIG_KAFKA_TOPIC'] },
  trust: { hops: Number(env['FIG_TRUSTED_HOPS'] ?? 0) },
  visitor: { cookie: 'shop_session' },
  ...(hasEvents && { domainEvents: shopEvents }),
  features: [ordersFeature(env['FIG_SHOP_VERSION'] === '2' ? 2 : 1), ...(hasEvents ? [cancellationsFeature()] : [])],
});
