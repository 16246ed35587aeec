import { Client } from 'pg';
import { expect, test } from 'vitest';
import { silentLog } from '../../../../src/kernel/log.ts';
import { parsePosition } from '../../../../src/kernel/position.ts';
import { KafkaConnection } from '../../../../src/sync/kafka/client/kafka-connection.ts';
import { describeWithKafka } from '../../../support/kafka-server.ts';
import { createTestDatabase } from '../../../support/test-database.ts';
import { until } from '../../../support/until.ts';
import { caughtUp, seedOrders } from '../../poison.ts';
import { setupThroughKafka } from './through-kafka.ts';

describeWithKafka('a topic', () => {
  test('whose slot was made anew is noticed to lack changes, and the read model is built again', async () => {
    await using kafka = await setupThroughKafka();
    const { sync } = kafka;
    await seedOrders(sync, 20);
    const leader = kafka.startLeader();
    const capture = kafka.startProjector();
    await caughtUp(capture);
    await leader.stop();
    await until('the slot is free', () =>
      sync.legacy
        .raw('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()')
        .then(() => true),
    );
    await sync.legacy.raw(`UPDATE orders SET note = 'nobody heard of it'`);
    kafka.startLeader();
    await until(
      'what was missed is there',
      async () => {
        capture.source.nudge();
        return (await sync.actual()).every((line) => line.includes('nobody heard of it'));
      },
      40_000,
    );
    await caughtUp(capture);
    expect(await sync.actual()).toEqual(await sync.expected());
  });

  test('that was deleted is made anew, and everything arrives', async () => {
    await using kafka = await setupThroughKafka();
    const { sync, events } = kafka;
    await seedOrders(sync, 20);
    kafka.startLeader();
    const capture = kafka.startProjector();
    await caughtUp(capture);
    await using admin = await new KafkaConnection(events, silentLog).admin();
    await admin.deleteTopic(events.topic);
    await sync.legacy.raw(`UPDATE orders SET note = 'after the topic was lost'`);
    await until(
      'everything is applied',
      async () => {
        const position = await capture.source.read();
        capture.source.nudge();
        return capture.applied('summary')!.waitFor(position, 1_000);
      },
      60_000,
    );
    expect(await sync.actual()).toEqual(await sync.expected());
  });

  test('carries a transaction that is too large for memory, in pieces, and all of it is seen at once', async () => {
    await using kafka = await setupThroughKafka();
    const { sync, events } = kafka;
    await seedOrders(sync, 10);
    kafka.startLeader();
    const capture = kafka.startProjector();
    await caughtUp(capture);
    await sync.legacy.transaction(async (tx) => {
      await tx.raw(
        `INSERT INTO orders (id, customer_id, note, amount)
         SELECT n, 1 + n % 5, repeat('x', 300) || n, n FROM generate_series(1001, 20000) n`,
      );
      await tx.raw(
        `UPDATE orders SET note = (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 60000) n) WHERE id = 1`,
      );
      await tx.raw(`UPDATE customers SET name = 'renamed' WHERE id = 2`);
      await tx.raw('DELETE FROM orders WHERE id % 11 = 0');
    });
    await caughtUp(capture);
    expect(await sync.actual()).toEqual(await sync.expected());
    await using reader = await new KafkaConnection(events, silentLog).reader(events.topic, 0);
    const { high } = await reader.read(0n, 100);
    expect(high).toBeGreaterThan(10n);
  });

  test('tells of positions while nothing is written to the database, so that the server lets go of its log', async () => {
    await using kafka = await setupThroughKafka();
    const { sync } = kafka;
    await using busy = await createTestDatabase();
    await seedOrders(sync, 5);
    kafka.startLeader();
    const capture = kafka.startProjector();
    await caughtUp(capture);
    const other = new Client({ connectionString: busy.url });
    await other.connect();
    try {
      await other.query(`SELECT pg_logical_emit_message(true, 'padding', repeat('x', 5000000))`);
      const { rows } = await other.query('SELECT pg_current_wal_lsn()::text AS at');
      const written = parsePosition(rows[0].at);
      // No nudge: what the server says of an idle log has to be enough.
      expect(await capture.applied('summary')!.waitFor(written, 20_000)).toBe(true);
      await until('the slot has confirmed it', async () => {
        const slots = await sync.legacy.raw(
          'SELECT confirmed_flush_lsn::text AS at FROM pg_replication_slots WHERE database = current_database()',
        );
        return parsePosition(slots.rows[0].at) >= written;
      });
    } finally {
      await other.end();
    }
  });

  test('carries the markers by which a read model is compared with legacy', async () => {
    await using kafka = await setupThroughKafka();
    const { sync } = kafka;
    await seedOrders(sync, 50);
    kafka.startLeader();
    const capture = kafka.startProjector();
    await caughtUp(capture);
    const order = { repair: true, maxLoad: 4, onProgress: () => undefined, signal: new AbortController().signal };
    expect((await capture.reconcile('summary', order)).state).toBe('clean');
    await sync.target.raw(`UPDATE mirror_summary_v1.orders SET note = 'tampered' WHERE id = 7`);
    await capture.reconcile('summary', order);
    expect((await capture.reconcile('summary', order)).state).toBe('clean');
    expect(await sync.actual()).toEqual(await sync.expected());
  });

  test('lets a read model be copied while legacy is written to', async () => {
    await using kafka = await setupThroughKafka();
    const { sync } = kafka;
    await seedOrders(sync, 2_000);
    kafka.startLeader();
    const capture = kafka.startProjector();
    let isOver = false;
    const running = (async () => {
      for (let n = 0; !isOver; n += 1) {
        await sync.legacy.raw('UPDATE orders SET note = ? WHERE id % 97 = ?', [`write ${n}`, n % 97]);
        await sync.legacy.raw('DELETE FROM orders WHERE id = ?', [1 + ((n * 31) % 2_000)]);
      }
    })();
    await until('it is copied', () => capture.progressOf('summary').state === 'ready', 40_000);
    isOver = true;
    await running;
    await caughtUp(capture);
    expect(await sync.actual()).toEqual(await sync.expected());
  });
});
