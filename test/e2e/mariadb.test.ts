import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePortNear } from '../../examples/shop/free-port.ts';
import { FigProcess } from '../support/fig-process.ts';
import { describeWithKafka, sharedKafka } from '../support/kafka-server.ts';
import { hasMariadb } from '../support/mariadb-server.ts';
import { MariadbShop, mariadbProperties } from '../support/mariadb-shop.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

const config = fileURLToPath(new URL('./fixtures/mariadb.config.ts', import.meta.url));
const orders = 200;

describe.skipIf(!hasMariadb)('a shop whose database is a MariaDB', () => {
  describeWithKafka('that a real Debezium connector follows', () => {
    let shop: MariadbShop;
    let target: TestDatabase;
    let landing: TestDatabase;
    let folder: string;
    let fig: FigProcess;

    beforeAll(async () => {
      const broker = await sharedKafka();
      [shop, target, landing] = await Promise.all([
        MariadbShop.create(broker, orders),
        createTestDatabase(),
        createTestDatabase(),
      ]);
      folder = await mkdtemp(join(tmpdir(), 'fig-mariadb-'));
      fig = await startFig(broker);
    }, 240_000);

    afterAll(async () => {
      await fig?.[Symbol.asyncDispose]();
      await shop?.[Symbol.asyncDispose]();
      await target?.[Symbol.asyncDispose]();
      await landing?.[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    });

    async function startFig(broker: string): Promise<FigProcess> {
      const started = FigProcess.start(folder, config, await freePortNear(0), {
        LEGACY_URL: shop.app.url.origin,
        LEGACY_DATABASE_URL: shop.url,
        FIG_DATABASE_URL: target.url,
        FIG_LANDING_URL: landing.url,
        FIG_KAFKA_BROKERS: broker,
        FIG_PREFIX: shop.prefix,
        FIG_CONNECTOR: JSON.stringify(mariadbProperties),
      });
      await started.ready();
      return started;
    }

    interface Answer {
      readonly text: string;
      readonly from: string;
      readonly reason: string | null;
    }

    async function ask(id: number, user = 'somebody', method = 'GET', action = ''): Promise<Answer> {
      const answer = await fetch(`${fig.proxy}/api/orders/${id}${action}`, { method, headers: { 'x-user': user } });
      const text = await answer.text();
      return { text, from: JSON.parse(text).from ?? 'legacy', reason: answer.headers.get('x-fig-reason') };
    }

    async function truth(id: number): Promise<unknown> {
      const { from: _, ...order } = (await (await fetch(`${shop.app.url.origin}/api/orders/${id}`)).json()) as {
        from: string;
      };
      return order;
    }

    async function untilReady(): Promise<void> {
      await until(
        'the read model is ready',
        async () => {
          // Of no table that a read model asks for: where nothing is written, nothing tells how far the connector is.
          await shop.pool.query('REPLACE INTO heartbeat VALUES (1, NOW(6))');
          const { features } = await fig.status();
          if (features[0]?.readModel?.state === 'ready') return true;
          throw new Error(`${JSON.stringify(features[0])}\n${fig.output}`);
        },
        120_000,
      );
    }

    async function stepTo(reads: string): Promise<void> {
      const client = await fig.client();
      while ((await fig.status()).features[0]?.reads !== reads) {
        const moved = await client.promote('orders', { who: 'the test', why: 'the test', force: true });
        expect(moved.value.moved, moved.value.reason).toBe(true);
      }
    }

    /** Every order, asked of the read model itself. */
    async function rows(): Promise<readonly unknown[]> {
      const client = new Client({ connectionString: target.url });
      await client.connect();
      try {
        const found = await client.query(
          'SELECT id, status, customer, placed_at, items FROM rm_order_view_v1.order_view ORDER BY id',
        );
        return found.rows.map(({ placed_at: placedAt, ...rest }) => ({ ...rest, placedAt }));
      } finally {
        await client.end();
      }
    }

    async function everyTruth(): Promise<readonly unknown[]> {
      const [found] = await shop.pool.query('SELECT id FROM orders ORDER BY id');
      return Promise.all((found as { id: number }[]).map(({ id }) => truth(id)));
    }

    test('has a read model that is right, from what was there and from what changed since', async () => {
      await untilReady();
      expect(await rows()).toEqual(await everyTruth());
      await shop.pool.query(`UPDATE customers SET name = CONCAT(name, ' & Söhne') WHERE id % 3 = 0`);
      await shop.pool.query('DELETE FROM order_items WHERE order_id % 10 = 4');
      await shop.pool.query(`INSERT INTO orders (customer_id, status, placed_at) VALUES (3, 'open', NOW())`);
      await shop.pool.query('UPDATE order_items SET id = id + 100000 WHERE id % 5 = 0');
      await shop.pool.query('DELETE FROM orders WHERE id = 17');
      await until('all of it is in the read model', async () => {
        expect(await rows()).toEqual(await everyTruth());
        return true;
      });
    }, 180_000);

    async function verdicts(): Promise<Readonly<Record<string, number>>> {
      return (await fig.status()).features[0]!.comparisons;
    }

    test('is compared, and a row that is wrong is found', async () => {
      await stepTo('shadow');
      await until(
        'reads agree',
        async () => {
          for (let id = 20; id < 60; id += 1) await ask(id);
          return ((await verdicts())['match'] ?? 0) >= 40;
        },
        60_000,
      );
      expect((await verdicts())['mismatch'] ?? 0).toBe(0);
      const client = new Client({ connectionString: target.url });
      await client.connect();
      await client.query(`UPDATE rm_order_view_v1.order_view SET status = 'lost' WHERE id = 33`);
      await client.end();
      await until(
        'the wrong row is found',
        async () => {
          await ask(33);
          return ((await verdicts())['mismatch'] ?? 0) > 0;
        },
        60_000,
      );
      await shop.pool.query(`UPDATE orders SET status = 'paid' WHERE id = 33`);
    }, 180_000);

    test('moves over, and who has written sees the write at once', async () => {
      await stepTo('live');
      await until('reads are served from the read model', async () => (await ask(50)).from === 'candidate', 60_000);
      let fromReadModel = 0;
      for (let id = 60; id < 80; id += 1) {
        expect((await ask(id, `visitor ${id}`, 'POST', '/cancel')).text).toContain('cancelled');
        const seen = await ask(id, `visitor ${id}`);
        expect(JSON.parse(seen.text)).toMatchObject({ id, status: 'cancelled' });
        if (seen.from === 'candidate') fromReadModel += 1;
      }
      await until(
        'own writes are read from the read model again',
        async () => {
          const seen = await ask(70, 'visitor 70');
          if (seen.from === 'legacy') throw new Error(`${seen.reason}; ${fromReadModel} were at once`);
          return true;
        },
        60_000,
      );
    }, 180_000);

    test('lands exactly once also when fig is killed in the middle', async () => {
      for (let n = 0; n < 6; n += 1) {
        await shop.pool.query(`UPDATE orders SET status = IF(status = 'open', 'paid', 'open') WHERE id % 4 = ?`, [
          n % 4,
        ]);
        await shop.pool.query(`INSERT INTO order_items (order_id, sku, quantity, price) VALUES (?, 'more', ?, 1.25)`, [
          n + 90,
          n,
        ]);
        if (n === 2) await fig.kill();
        if (n === 4) fig = await startFig(await sharedKafka());
      }
      await untilReady();
      await until(
        'all of it is in the read model',
        async () => {
          expect(await rows()).toEqual(await everyTruth());
          return true;
        },
        60_000,
      );
    }, 180_000);
  });
});
