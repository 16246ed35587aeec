import express, { type Express } from 'express';
import type { Knex } from 'knex';
import { sendError } from './http/http-error.ts';
import { loadSession } from './http/session.ts';
import { OrderEvents } from './order-events.ts';
import { customerRoutes } from './routes/customer-routes.ts';
import { eventRoutes } from './routes/event-routes.ts';
import { exportRoutes } from './routes/export-routes.ts';
import { orderRoutes } from './routes/order-routes.ts';
import { pageRoutes } from './routes/page-routes.ts';
import { productRoutes } from './routes/product-routes.ts';
import { sessionRoutes } from './routes/session-routes.ts';
import { statsRoutes } from './routes/stats-routes.ts';

export interface ShopOptions {
  /** Shared with the WebSocket, which is no part of the express app. */
  readonly events?: OrderEvents | undefined;
  /** Milliseconds between two comments of the event feed. Default 15,000. */
  readonly heartbeatMs?: number | undefined;
}

/** The shop: an ordinary app on an ordinary database. */
export function createShopApp(knex: Knex, options: ShopOptions = {}): Express {
  const { events = new OrderEvents(), heartbeatMs = 15_000 } = options;
  const app = express();
  app.use(express.json({ limit: '100kb' }), express.urlencoded({ extended: false }));
  app.use(loadSession(knex));
  app.use(sessionRoutes(knex));
  app.use('/api/orders', orderRoutes(knex, events));
  app.use('/api/customers', customerRoutes(knex));
  app.use('/api/products', productRoutes(knex));
  app.use('/api/stats', statsRoutes(knex));
  app.use('/export', exportRoutes(knex));
  app.use('/events', eventRoutes(events, heartbeatMs));
  app.use(pageRoutes(knex));
  app.use(sendError);
  return app;
}
