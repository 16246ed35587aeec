import { expect, test } from 'vitest';
import { silentLog } from '../../../../src/kernel/log.ts';
import { KafkaConnection } from '../../../../src/sync/kafka/client/kafka-connection.ts';
import { describeWithKafka } from '../../../support/kafka-server.ts';
import { caughtUp, seedOrders } from '../../poison.ts';
import { summaryTable } from './summary-table.ts';
import { setupThroughKafka } from './through-kafka.ts';

describeWithKafka('changes through Kafka', () => {
  test('a row that was changed in legacy goes through the topic into the read model', async () => {
    await using kafka = await setupThroughKafka();
    const { sync } = kafka;
    await seedOrders(sync, 20);
    kafka.startLeader();
    const capture = kafka.startProjector();
    await caughtUp(capture);
    expect(await sync.actual()).toEqual(await sync.expected());
    await sync.legacy.raw(`UPDATE orders SET note = 'changed' WHERE id % 2 = 0`);
    // What somebody else writes there by mistake stops nothing.
    await using producer = await new KafkaConnection(kafka.events, silentLog).producer();
    await producer.send(kafka.events.topic, [{ partition: 0, key: null, value: Buffer.from('{}'), headers: {} }]);
    await sync.legacy.raw('DELETE FROM orders WHERE id % 5 = 0');
    await caughtUp(capture);
    expect(await sync.actual()).toEqual(await sync.expected());
  });

  test('are gone on with where they came directly before, without building anew, and may come directly again', async () => {
    await using kafka = await setupThroughKafka();
    const { sync } = kafka;
    await seedOrders(sync, 20);
    const before = sync.startCapture();
    await caughtUp(before);
    const built = await summaryTable(sync);
    await before.stop();
    await sync.legacy.raw(`UPDATE orders SET note = 'between' WHERE id % 2 = 0`);

    const leader = kafka.startLeader();
    const through = kafka.startProjector();
    await caughtUp(through);
    expect(await sync.actual()).toEqual(await sync.expected());
    expect(await summaryTable(sync)).toEqual(built);
    await through.stop();
    await leader.stop();
    await sync.legacy.raw(`UPDATE orders SET note = 'between again' WHERE id % 3 = 0`);

    await caughtUp(sync.startCapture());
    expect(await sync.actual()).toEqual(await sync.expected());
  });
});
