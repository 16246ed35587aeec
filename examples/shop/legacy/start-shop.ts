import { once } from 'node:events';
import { createServer } from 'node:http';
import knexFactory from 'knex';
import { createShopApp } from './create-app.ts';
import { OrderEvents } from './order-events.ts';
import { attachOrderSocket } from './websocket.ts';

export interface ShopAddress {
  /** Connection URL of the shop's PostgreSQL database. */
  readonly database: string;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly heartbeatMs?: number | undefined;
}

export interface RunningShop extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
}

/** Serves the shop until it is disposed. Its tables must exist. */
export async function startShop(address: ShopAddress): Promise<RunningShop> {
  const knex = knexFactory({ client: 'pg', connection: address.database, pool: { min: 0, max: 10 } });
  const events = new OrderEvents();
  const server = createServer(createShopApp(knex, { events, heartbeatMs: address.heartbeatMs }));
  const closeSockets = attachOrderSocket(server, events);
  try {
    server.listen(address.port, address.host);
    await once(server, 'listening');
  } catch (error) {
    await knex.destroy();
    throw error;
  }
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    closeSockets();
    const closed = once(server, 'close');
    server.close();
    // Feeds never end by themselves; everybody else had the time that a request takes.
    const patience = setTimeout(() => server.closeAllConnections(), 300);
    await closed;
    clearTimeout(patience);
    await knex.destroy();
  };
  return { url: `http://${address.host}:${port}`, port, [Symbol.asyncDispose]: () => (stopped ??= stop()) };
}
