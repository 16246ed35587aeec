import { randomBytes } from 'node:crypto';
import { createPool, type Pool, type RowDataPacket } from 'mysql2/promise';
import { type Connect, startConnect } from '../../examples/kafka/connect.ts';
import { addConnector, removeConnector } from '../../examples/kafka/connectors.ts';
import { startUpstream, type Upstream } from '../proxy/support/harness.ts';
import { type MariadbServer, startMariadb } from './mariadb-server.ts';

/** What a connector for the MySQL family is set to, besides addresses. */
export const commonProperties = {
  'connector.class': 'io.debezium.connector.mysql.MySqlConnector',
  'tasks.max': '1',
  'database.ssl.mode': 'disabled',
  'database.hostname': '127.0.0.1',
  'database.server.id': '4711',
  'database.include.list': 'shop',
  'schema.history.internal': 'io.debezium.storage.file.history.FileSchemaHistory',
  'skipped.operations': 'none',
  'provide.transaction.metadata': 'true',
  'event.converting.failure.handling.mode': 'fail',
  'bigint.unsigned.handling.mode': 'precise',
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'value.converter.replace.null.with.default': 'false',
};

/** The same for a MariaDB. */
export const mariadbProperties = {
  ...commonProperties,
  'connector.adapter': 'mariadb',
  'database.protocol': 'jdbc:mariadb',
  'database.jdbc.driver': 'org.mariadb.jdbc.Driver',
};

const schema = `
  CREATE TABLE refunds (id int PRIMARY KEY AUTO_INCREMENT, order_id int NOT NULL, amount decimal(10, 2) NOT NULL);
  CREATE TABLE heartbeat (id int PRIMARY KEY, at datetime(6));
  CREATE TABLE coupons (id int PRIMARY KEY, code varchar(20) NOT NULL, hint varchar(20));
  CREATE TABLE suppliers (id int PRIMARY KEY, name varchar(20) NOT NULL);
  CREATE TABLE notes (id int PRIMARY KEY, line varchar(20) NOT NULL);
  CREATE TABLE customers (id int PRIMARY KEY, name varchar(100) NOT NULL);
  CREATE TABLE orders (id int PRIMARY KEY AUTO_INCREMENT, customer_id int NOT NULL, status enum('open', 'paid', 'cancelled') NOT NULL,
    placed_at datetime NOT NULL, INDEX (customer_id));
  CREATE TABLE order_items (id int PRIMARY KEY AUTO_INCREMENT, order_id int NOT NULL, sku varchar(20) NOT NULL, quantity int NOT NULL,
    price decimal(10, 2) NOT NULL, INDEX (order_id));`;

/** A server of the family, and the connector that follows it. */
export interface ShopKind {
  readonly start: () => Promise<MariadbServer>;
  readonly plugin: 'debezium-mysql' | 'debezium-mysql-3';
  readonly properties: Readonly<Record<string, string>>;
}

export const mariadbKind: ShopKind = {
  start: startMariadb,
  plugin: 'debezium-mysql',
  properties: mariadbProperties,
};

/** A part of the shop whose database is a MariaDB, with a real Debezium connector that follows it. */
export class MariadbShop implements AsyncDisposable {
  readonly server: MariadbServer;
  readonly pool: Pool;
  readonly app: Upstream;
  readonly #connect: Connect;
  readonly #connector: Readonly<Record<string, string>>;
  #prefix = newPrefix();
  /** Of the connector: its offsets belong to it. */
  #name = this.#prefix;

  private constructor(
    parts: Pick<MariadbShop, 'server' | 'pool' | 'app'>,
    connect: Connect,
    connector: Readonly<Record<string, string>>,
  ) {
    this.#connector = connector;
    this.server = parts.server;
    this.pool = parts.pool;
    this.app = parts.app;
    this.#connect = connect;
  }

  /** `kind`: by default a MariaDB. */
  static async create(broker: string, orders: number, kind: ShopKind = mariadbKind): Promise<MariadbShop> {
    const { start, plugin, properties } = kind;
    const [server, connect] = await Promise.all([start(), startConnect({ broker, plugins: [plugin] })]);
    await server.sql('mysql', 'CREATE DATABASE shop CHARACTER SET utf8mb4');
    await server.sql('shop', schema);
    const pool = createPool({ uri: urlOf(server), dateStrings: true, connectionLimit: 6 });
    await seed(pool, orders);
    const app = await startUpstream((req, res) => {
      req.resume();
      const [, , , id, action] = (req.url ?? '').split('/');
      const answer = req.method === 'POST' ? act(pool, Number(id), action) : show(pool, Number(id));
      answer.then(
        (body) =>
          res
            .writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' })
            .end(JSON.stringify(body ?? { error: 'no such order' })),
        (error: unknown) => res.writeHead(500).end(String(error)),
      );
    });
    const connector = {
      ...properties,
      'database.port': String(server.port),
      'database.user': server.user,
      'database.password': server.password,
    };
    const shop = new MariadbShop({ server, pool, app }, connect, connector);
    await shop.#addConnector();
    return shop;
  }

  /** Kafka Connect dies without a word. */
  async killConnector(): Promise<void> {
    await this.#connect.halt('unclean');
  }

  /** It goes on where it was. */
  async restartConnector(): Promise<void> {
    await this.#connect.start();
    await this.#addConnector();
  }

  /** The connector forgets how far it was, so that it begins anew, in the same topics. `meanwhile`: done while there is none. */
  async loseOffsets(meanwhile: () => Promise<unknown>): Promise<void> {
    await removeConnector(this.#connect.url, this.#name);
    await meanwhile();
    this.#name = newPrefix();
    await this.#addConnector();
  }

  /** The connector takes its snapshot again, under another prefix. */
  async snapshotAnew(): Promise<void> {
    await removeConnector(this.#connect.url, this.#name);
    this.#prefix = newPrefix();
    this.#name = this.#prefix;
    await this.#addConnector();
  }

  async #addConnector(): Promise<void> {
    await addConnector(this.#connect.url, this.#name, {
      ...this.#connector,
      'topic.prefix': this.#prefix,
      'schema.history.internal.file.filename': `${this.server.folder}/history-${this.#name}`,
    });
  }

  /** `topic.prefix` of the connector. */
  get prefix(): string {
    return this.#prefix;
  }

  get url(): string {
    return urlOf(this.server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app[Symbol.asyncDispose]();
    await this.pool.end();
    await this.#connect.stop();
    await this.server[Symbol.asyncDispose]();
  }
}

function newPrefix(): string {
  return `shop_${randomBytes(5).toString('hex')}`;
}

function urlOf({ user, password, port }: MariadbServer): string {
  return `mysql://${user}:${password}@127.0.0.1:${port}/shop`;
}

async function seed(pool: Pool, orders: number): Promise<void> {
  await pool.query(`INSERT INTO coupons VALUES (1, 'spring', 'until May')`);
  await pool.query(`INSERT INTO suppliers VALUES (1, 'Ada & Co')`);
  await pool.query(`INSERT INTO notes VALUES (1, 'call back')`);
  const customers = Array.from({ length: 20 }, (_, i) => [i + 1, `Customer № ${i + 1}`]);
  await pool.query('INSERT INTO customers VALUES ?', [customers]);
  const rows = Array.from({ length: orders }, (_, i) => [
    i + 1,
    (i % 20) + 1,
    i % 3 === 0 ? 'paid' : 'open',
    `2026-0${(i % 9) + 1}-03 04:05:06`,
  ]);
  await pool.query('INSERT INTO orders VALUES ?', [rows]);
  const items = rows.flatMap(([id], i) => [
    [id, `sku-${i % 7}`, (i % 4) + 1, `${i}.50`],
    [id, 'gift', 1, '0.00'],
  ]);
  await pool.query('INSERT INTO order_items (order_id, sku, quantity, price) VALUES ?', [items]);
}

async function show(pool: Pool, id: number): Promise<object | undefined> {
  const [orders] = await pool.query<RowDataPacket[]>(
    'SELECT o.id, o.status, c.name AS customer, o.placed_at AS placedAt FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.id = ?',
    [id],
  );
  if (orders[0] === undefined) return undefined;
  const [items] = await pool.query<RowDataPacket[]>(
    'SELECT sku, quantity, price FROM order_items WHERE order_id = ? ORDER BY id',
    [id],
  );
  return { ...orders[0], items, from: 'legacy' };
}

async function act(pool: Pool, id: number, action: string | undefined): Promise<object | undefined> {
  if (action !== 'cancel') return undefined;
  await pool.query(`UPDATE orders SET status = 'cancelled' WHERE id = ?`, [id]);
  return { id, status: 'cancelled' };
}
