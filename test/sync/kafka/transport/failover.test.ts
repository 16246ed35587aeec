import { expect, test } from 'vitest';
import { describeWithKafka } from '../../../support/kafka-server.ts';
import { until } from '../../../support/until.ts';
import { caughtUp, seedOrders } from '../../poison.ts';
import { OwnServer } from '../../support/own-server.ts';
import { summaryTable } from './summary-table.ts';
import { type KafkaSetup, setupThroughKafka } from './through-kafka.ts';

async function equalsLegacy({ sync }: KafkaSetup, nudge: () => void): Promise<void> {
  await until(
    'the read model equals legacy',
    async () => {
      nudge();
      expect(await sync.actual()).toEqual(await sync.expected());
      return true;
    },
    60_000,
  );
}

describeWithKafka('a legacy server that goes on with another timeline, with the topic between', () => {
  test('and has all that was in the topic, is gone on with', { timeout: 120_000 }, async () => {
    await using server = await OwnServer.start();
    await using kafka = await setupThroughKafka({ legacyServer: server.url('postgres') });
    const { sync } = kafka;
    await seedOrders(sync, 50);
    kafka.startLeader();
    const capture = kafka.startProjector();
    await caughtUp(capture);
    const built = await summaryTable(sync);
    await server.backUp();
    await server.restore();
    await sync.legacy.raw(`UPDATE orders SET note = 'after the failover' WHERE id = 4`);
    await equalsLegacy(kafka, () => capture.source.nudge());
    expect(await sync.target('fig.projection').first('timeline')).toEqual({ timeline: 2 });
    expect(await summaryTable(sync)).toEqual(built);
  });

  test(
    'and has lost what the topic and the read model have, takes it from the read model',
    { timeout: 120_000 },
    async () => {
      await using server = await OwnServer.start();
      await using kafka = await setupThroughKafka({ legacyServer: server.url('postgres') });
      const { sync } = kafka;
      await seedOrders(sync, 50);
      kafka.startLeader();
      const capture = kafka.startProjector();
      await caughtUp(capture);
      await server.backUp();
      await sync.legacy.raw(`UPDATE orders SET note = 'lost in the failover' WHERE id = 3`);
      await until(
        'the topic and the read model have it',
        async () => (await sync.actual()).some((line) => line.includes('lost in the failover')),
        40_000,
      );
      await server.restore();
      // The log of the new timeline grows past the old one.
      await sync.legacy.raw(`SELECT pg_logical_emit_message(true, 'padding', repeat('x', 1000000))`);
      await sync.legacy.raw(`UPDATE orders SET note = 'after the failover' WHERE id = 4`);
      await equalsLegacy(kafka, () => capture.source.nudge());
      await sync.legacy.raw(`UPDATE orders SET note = 'later' WHERE id = 5`);
      await equalsLegacy(kafka, () => capture.source.nudge());
    },
  );
});
