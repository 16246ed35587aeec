import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RowDataPacket } from 'mysql2/promise';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FigProcess } from '../support/fig-process.ts';
import { describeWithKafka, sharedKafka } from '../support/kafka-server.ts';
import { hasMariadb } from '../support/mariadb-server.ts';
import { MariadbShop, mariadbKind } from '../support/mariadb-shop.ts';
import { FigOfShop, mariadbConfig } from '../support/fig-of-shop.ts';
import { missingForMysql, mysqlKind } from '../support/mysql-server.ts';
import { until } from '../support/until.ts';
import { doesWithoutAnAccount } from './mariadb-by-time-cases.ts';
import { isChangedUnderneath } from './mariadb-changes-cases.ts';

const orders = 200;

const kinds = [
  { server: 'a MariaDB', missing: hasMariadb ? undefined : 'there is no mariadbd', kind: mariadbKind },
  { server: 'a MySQL', missing: missingForMysql, kind: mysqlKind },
].map((each) => ({ ...each, title: each.missing === undefined ? each.server : `${each.server} (${each.missing})` }));

describe.each(kinds)('a shop whose database is $title', ({ missing, kind }) => {
  describeWithKafka('that a real Debezium connector follows', () => {
    beforeEach(({ skip }) => skip(missing !== undefined, missing));

    let shop: MariadbShop;
    let ours: FigOfShop;

    beforeAll(async () => {
      if (missing !== undefined) return;
      shop = await MariadbShop.create(await sharedKafka(), orders, kind);
      ours = await FigOfShop.start(shop, kind);
    }, 240_000);

    afterAll(async () => {
      await ours?.[Symbol.asyncDispose]();
      await shop?.[Symbol.asyncDispose]();
    });

    test('has a read model that is right, from what was there and from what changed since', async () => {
      // Nobody writes: what the connector’s snapshot says has to be enough, also of a table without rows.
      await ours.untilReady();
      expect(await ours.rows()).toEqual(await ours.everyTruth());
      await shop.pool.query(`UPDATE customers SET name = CONCAT(name, ' & Söhne') WHERE id % 3 = 0`);
      await shop.pool.query('DELETE FROM order_items WHERE order_id % 10 = 4');
      await shop.pool.query(`INSERT INTO orders (customer_id, status, placed_at) VALUES (3, 'open', NOW())`);
      await shop.pool.query('UPDATE order_items SET id = id + 100000 WHERE id % 5 = 0');
      await shop.pool.query('DELETE FROM orders WHERE id = 17');
      await ours.untilRight();
    }, 180_000);

    test('is compared, and a row that is wrong is found', async () => {
      await ours.stepTo('shadow');
      await until(
        'reads agree',
        async () => {
          for (let id = 20; id < 60; id += 1) await ours.ask(id);
          return ((await ours.verdicts())['match'] ?? 0) >= 40;
        },
        60_000,
      );
      expect(await ours.verdicts()).not.toHaveProperty('mismatch');
      await ours.wreck(33);
      await until(
        'the wrong row is found',
        async () => {
          await ours.ask(33);
          // Behind a fence: it rests on a position, and on no time.
          return ((await ours.verdicts())['mismatch'] ?? 0) > 0;
        },
        60_000,
      );
      await shop.pool.query(`UPDATE orders SET status = 'paid' WHERE id = 33`);
    }, 180_000);

    test('moves over, and who has written sees the write at once', async () => {
      await ours.stepTo('live');
      await ours.untilServed();
      let fromReadModel = 0;
      for (let id = 60; id < 80; id += 1) {
        expect((await ours.ask(id, `visitor ${id}`, 'POST', '/cancel')).text).toContain('cancelled');
        const seen = await ours.ask(id, `visitor ${id}`);
        expect(JSON.parse(seen.text)).toMatchObject({ id, status: 'cancelled' });
        if (seen.from === 'candidate') fromReadModel += 1;
      }
      await until(
        'own writes are read from the read model again',
        async () => {
          const seen = await ours.ask(70, 'visitor 70');
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
        if (n === 2) await ours.fig.kill();
        if (n === 4) await ours.restart();
      }
      await ours.untilReady();
      await ours.untilRight();
    }, 180_000);

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
          // What is written while the connector is away has to be caught up with. Of two rows that are written a third of one goes.
          const isNear = async (): Promise<boolean> => isOver || (n * 5) / 3 - (await itemsLanded()) < 500;
          if (n % 50 === 49) await until('the load is not far ahead', isNear, 200_000);
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
      await ours.untilRight();
      const [[count]] = await shop.pool.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM order_items');
      expect(await ours.landed('SELECT count(*)::int AS n FROM order_items')).toEqual([{ n: count!['n'] }]);
    }, 240_000);

    async function itemsLanded(): Promise<number> {
      const [row] = await ours.landed(`SELECT count(*)::int AS n FROM order_items WHERE sku LIKE 'load%'`);
      return (row as { n: number }).n;
    }

    async function epoch(): Promise<number> {
      const [row] = await ours.landed('SELECT epoch::int FROM fig_landing.place');
      return (row as { epoch: number }).epoch;
    }

    test('is landed by another process when the one that lands stands still, which writes nothing when it wakes', async () => {
      const elsewhere = await mkdtemp(join(tmpdir(), 'fig-mariadb-sync-'));
      const args = ['sync', '--config', mariadbConfig, '--admin-port', '0'];
      const other = FigProcess.run(elsewhere, args, 0, { FIG_PORT: '1', FIG_ADMIN_PORT: '0', ...ours.environment() });
      await using _ = other;
      const before = await epoch();
      // It stands still with a transaction open that has written.
      const holder = new Client({ connectionString: ours.landing.url });
      await holder.connect();
      await holder.query('BEGIN');
      await holder.query('LOCK TABLE fig_landing.place IN EXCLUSIVE MODE');
      await shop.pool.query('UPDATE orders SET placed_at = placed_at + INTERVAL 1 HOUR WHERE id = 55');
      await until('it waits to move its place', async () => (await ours.landed(waiting)).length > 0);
      ours.fig.signal('SIGSTOP');
      await holder.query('COMMIT');
      await holder.end();
      await shop.pool.query(`UPDATE orders SET status = 'paid' WHERE id = 55`);
      await until('another one lands', async () => (await epoch()) > before, 60_000);
      await until('what was written since has landed', async () => (await statusOf55()) === 'paid', 60_000);
      ours.fig.signal('SIGCONT');
      await shop.pool.query(`UPDATE orders SET status = 'cancelled' WHERE id = 55`);
      await ours.untilRight();
      await until(
        'who woke waits for its turn',
        () => /do not land(?: yet)?; tried again|another process/.test(ours.fig.output),
        60_000,
      );
      expect(await statusOf55()).toBe('cancelled');
      await other[Symbol.asyncDispose]();
      await rm(elsewhere, { recursive: true, force: true });
    }, 240_000);

    const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
      AND query LIKE 'UPDATE fig_landing.place%'`;

    async function statusOf55(): Promise<string> {
      const [row] = await ours.landed('SELECT status FROM orders WHERE id = 55');
      return (row as { status: string }).status;
    }

    doesWithoutAnAccount(() => ({ shop, kind }));

    isChangedUnderneath(() => ({ shop, kind, ours }));
  });
});
