import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RowDataPacket } from 'mysql2/promise';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePortNear } from '../../examples/shop/free-port.ts';
import { FigProcess } from '../support/fig-process.ts';
import { describeWithKafka, sharedKafka } from '../support/kafka-server.ts';
import { hasMariadb } from '../support/mariadb-server.ts';
import { landApart } from '../support/land-apart.ts';
import { MariadbShop, mariadbKind } from '../support/mariadb-shop.ts';
import { missingForMysql, mysqlKind } from '../support/mysql-server.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

const config = fileURLToPath(new URL('./fixtures/mariadb.config.ts', import.meta.url));
const orders = 200;

const kinds = [
  { server: 'a MariaDB', missing: hasMariadb ? undefined : 'there is no mariadbd', kind: mariadbKind },
  { server: 'a MySQL', missing: missingForMysql, kind: mysqlKind },
].map((each) => ({ ...each, title: each.missing === undefined ? each.server : `${each.server} (${each.missing})` }));

describe.each(kinds)('a shop whose database is $title', ({ missing, kind }) => {
  describeWithKafka('that a real Debezium connector follows', () => {
    beforeEach(({ skip }) => skip(missing !== undefined, missing));

    let shop: MariadbShop;
    let target: TestDatabase;
    let landing: TestDatabase;
    let folder: string;
    let fig: FigProcess;

    beforeAll(async () => {
      if (missing !== undefined) return;
      const broker = await sharedKafka();
      [shop, target, landing] = await Promise.all([
        MariadbShop.create(broker, orders, kind),
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
      if (folder) await rm(folder, { recursive: true, force: true });
    });

    async function startFig(broker: string): Promise<FigProcess> {
      const started = FigProcess.start(folder, config, await freePortNear(0), environment(broker));
      await started.ready();
      return started;
    }

    function environment(broker: string): NodeJS.ProcessEnv {
      return {
        LEGACY_URL: shop.app.url.origin,
        LEGACY_DATABASE_URL: shop.url,
        FIG_DATABASE_URL: target.url,
        FIG_LANDING_URL: landing.url,
        FIG_KAFKA_BROKERS: broker,
        FIG_PREFIX: shop.prefix,
        FIG_CONNECTOR: JSON.stringify(kind.properties),
      };
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

    async function untilReady(asked = fig): Promise<void> {
      await until(
        'the read model is ready',
        async () => {
          const { features } = await asked.status();
          if (features[0]?.readModel?.state === 'ready') return true;
          throw new Error(`${JSON.stringify(features[0])}\n${asked.output}`);
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
    async function rows(url = target.url): Promise<readonly unknown[]> {
      const client = new Client({ connectionString: url });
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
      // Nobody writes: what the connector’s snapshot says has to be enough, also of a table without rows.
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
      await untilRight();
    }, 180_000);

    async function untilRight(url = target.url): Promise<void> {
      await until(
        'all of it is in the read model',
        async () => {
          expect(await rows(url)).toEqual(await everyTruth());
          return true;
        },
        60_000,
      );
    }

    test('lands exactly once also when the connector is killed in the middle of a load', async () => {
      let isOver = false;
      const writes = (async () => {
        // A transaction that the connector was killed in is known to be whole by what comes after it.
        for (let n = 0; !isOver; n += 1) {
          await shop.pool.query(`UPDATE orders SET status = IF(status = 'open', 'paid', 'open') WHERE id % 5 = ?`, [
            n % 5,
          ]);
          await shop.pool.query(
            'INSERT INTO order_items (order_id, sku, quantity, price) VALUES (?, ?, ?, 1.25), (?, ?, 1, 2)',
            [(n % 100) + 60, `load ${n}`, n + 1, (n % 90) + 40, `load ${n} b`],
          );
          if (n % 3 === 0) await shop.pool.query('DELETE FROM order_items WHERE sku = ? LIMIT 1', [`load ${n - 20}`]);
        }
      })();
      for (let kills = 0; kills < 2; kills += 1) {
        await until('some of it has landed', async () => (await itemsLanded()) > 0);
        await shop.killConnector();
        await shop.restartConnector();
        const before = await itemsLanded();
        await until('more of it lands', async () => (await itemsLanded()) > before, 60_000);
      }
      isOver = true;
      await writes;
      await untilRight();
      const [[count]] = await shop.pool.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM order_items');
      expect(await landed('SELECT count(*)::int AS n FROM order_items')).toEqual([{ n: count!['n'] }]);
    }, 240_000);

    async function landed(sql: string): Promise<readonly object[]> {
      const client = new Client({ connectionString: landing.url });
      await client.connect();
      try {
        return (await client.query<object>(sql)).rows;
      } finally {
        await client.end();
      }
    }

    async function itemsLanded(): Promise<number> {
      const [row] = await landed(`SELECT count(*)::int AS n FROM order_items WHERE sku LIKE 'load%'`);
      return (row as { n: number }).n;
    }

    async function epoch(): Promise<number> {
      const [row] = await landed('SELECT epoch::int FROM fig_landing.place');
      return (row as { epoch: number }).epoch;
    }

    test('is landed by another process when the one that lands stands still, which writes nothing when it wakes', async () => {
      const broker = await sharedKafka();
      const elsewhere = await mkdtemp(join(tmpdir(), 'fig-mariadb-sync-'));
      const args = ['sync', '--config', config, '--admin-port', '0'];
      const other = FigProcess.run(elsewhere, args, 0, { FIG_PORT: '1', FIG_ADMIN_PORT: '0', ...environment(broker) });
      await using _ = other;
      const before = await epoch();
      // It stands still with a transaction open that has written.
      const holder = new Client({ connectionString: landing.url });
      await holder.connect();
      await holder.query('BEGIN');
      await holder.query('LOCK TABLE fig_landing.place IN EXCLUSIVE MODE');
      await shop.pool.query('UPDATE orders SET placed_at = placed_at + INTERVAL 1 HOUR WHERE id = 55');
      await until('it waits to move its place', async () => (await landed(waiting)).length > 0);
      fig.signal('SIGSTOP');
      await holder.query('COMMIT');
      await holder.end();
      await shop.pool.query(`UPDATE orders SET status = 'paid' WHERE id = 55`);
      await until('another one lands', async () => (await epoch()) > before, 60_000);
      await until('what was written since has landed', async () => (await statusOf55()) === 'paid', 60_000);
      fig.signal('SIGCONT');
      await shop.pool.query(`UPDATE orders SET status = 'cancelled' WHERE id = 55`);
      await untilRight();
      await until(
        'who woke waits for its turn',
        () => /do not land; tried again|another process/.test(fig.output),
        60_000,
      );
      expect(await statusOf55()).toBe('cancelled');
      await other[Symbol.asyncDispose]();
      await rm(elsewhere, { recursive: true, force: true });
    }, 240_000);

    const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
      AND query LIKE 'UPDATE fig_landing.place%'`;

    async function statusOf55(): Promise<string> {
      const [row] = await landed('SELECT status FROM orders WHERE id = 55');
      return (row as { status: string }).status;
    }

    test('does without an account: it waits for a message of each table, and its read model is right', async () => {
      await using own = await createTestDatabase();
      await using ownLanding = await createTestDatabase();
      const cwd = await mkdtemp(join(tmpdir(), 'fig-mariadb-settled-'));
      const settled = FigProcess.start(cwd, config, await freePortNear(0), {
        ...environment(await sharedKafka()),
        FIG_DATABASE_URL: own.url,
        FIG_LANDING_URL: ownLanding.url,
        LEGACY_DATABASE_URL: undefined,
        FIG_LEGACY_NAME: 'shop',
        FIG_SETTLE: '8s',
      });
      await using _ = settled;
      await settled.ready();
      await until(
        'it is said what is waited for',
        async () => JSON.stringify(await settled.status()).includes('shop.refunds has no message'),
        60_000,
      );
      await shop.pool.query('INSERT INTO refunds (order_id, amount) VALUES (20, 1.50)');
      await untilReady(settled);
      await untilRight(own.url);
      await settled[Symbol.asyncDispose]();
      await rm(cwd, { recursive: true, force: true });
    }, 240_000);

    test('goes on when a column comes, and is refused when a table is renamed', async () => {
      await using renamed = await landApart(shop, kind, target.url, ['heartbeat']);
      await using anew = await landApart(shop, kind, target.url, ['order_items', 'refunds']);
      await shop.pool.query('ALTER TABLE orders ADD COLUMN note varchar(20)');
      await shop.pool.query(`UPDATE orders SET status = 'paid', note = 'new' WHERE id = 56`);
      await untilRight();

      await shop.pool.query('ALTER TABLE heartbeat RENAME TO pulse');
      await until('it is said', () => renamed.failure().includes('heartbeat was changed: it was renamed'), 30_000);
      expect(anew.failure()).toBe('');
    }, 180_000);
  });
});
