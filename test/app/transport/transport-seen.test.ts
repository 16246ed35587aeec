import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { expect, test } from 'vitest';
import { describeTransport } from '../../../src/app/transport/describe-transport.ts';
import { TransportSeen } from '../../../src/app/transport/transport-seen.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { createMetrics, type Metrics } from '../../../src/observe/metrics.ts';
import { openStore } from '../../../src/store/control-store.ts';
import { listWork } from '../../../src/store/transport-work-store.ts';
import { TopicWatch } from '../../../src/sync/kafka/topic-watch.ts';
import type { Leader } from '../../../src/sync/kafka/transport/leader.ts';
import { describeWithKafka } from '../../support/kafka-server.ts';
import { until } from '../../support/until.ts';
import { caughtUp, seedOrders } from '../../sync/poison.ts';
import { type KafkaSetup, setupThroughKafka } from '../../sync/kafka/transport/through-kafka.ts';

type Projector = ReturnType<KafkaSetup['startProjector']>;

function see(store: Knex, kafka: KafkaSetup, leader: Leader, capture: Projector, metrics: Metrics): TransportSeen {
  return new TransportSeen({
    process: randomUUID(),
    config: { name: 'test' },
    store,
    watch: new TopicWatch(kafka.events, silentLog),
    leader,
    applying: { reading: capture.topic, capture },
    topics: () => [kafka.events.topic],
    metrics,
    log: silentLog,
  });
}

async function gauge(metrics: Metrics, name: string): Promise<number | undefined> {
  const line = (await metrics.text())
    .split('\n')
    .find((each) => each.startsWith(`${name}{`) || each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

describeWithKafka('what is seen of a topic between capture and projection', () => {
  test(
    'a leader, its topic and a read model that is level are told, and when applying stands still its lag grows',
    { timeout: 90_000 },
    async () => {
      await using kafka = await setupThroughKafka();
      const { sync, events } = kafka;
      await seedOrders(sync, 20);
      const leader = kafka.startLeader();
      const capture = kafka.startProjector();
      const [readModel] = capture.readModels;
      const metrics = createMetrics();
      const store = openStore(sync.targetUrl, { applicationName: 'test' });
      const told = async () => describeTransport(events, [readModel!], await listWork(store, 'test'));
      const seen = see(store, kafka, leader, capture, metrics);
      try {
        await caughtUp(capture);
        await sync.legacy.raw(`UPDATE orders SET note = 'changed'`);
        await caughtUp(capture);
        const level = await until('all is level', async () => {
          const status = await told();
          const [reader] = status.readModels;
          const { changes = 0, heldBytes } = status.leader ?? {};
          if (reader?.lagMessages === 0 && changes >= 20 && heldBytes !== undefined) return status;
          throw new Error(JSON.stringify(status));
        });
        expect(level.leader).toMatchObject({ pid: process.pid, written: expect.stringMatching(/^[0-9A-F]+\//) });
        expect(level.leader!.heldBytes).toBeGreaterThanOrEqual(0);
        expect(level.leader!.bytes).toBeGreaterThan(100);
        expect(level.standby).toEqual([]);
        expect(level.topics).toMatchObject([
          {
            topic: events.topic,
            retentionSeconds: 7 * 24 * 3_600,
            replicas: 1,
            inSync: 1,
            partitions: [{ partition: 0 }],
          },
        ]);
        expect(level.topics[0]!.messages).toBeGreaterThan(1);
        expect(level.readModels).toMatchObject([
          {
            readModel,
            process: { pid: process.pid },
            takeovers: 0,
            partitions: [{ topic: events.topic, partition: 0 }],
          },
        ]);

        // Applying waits for the lock; the leader goes on.
        const tx = await sync.target.transaction();
        await tx.raw('SELECT * FROM fig.projection FOR UPDATE');
        for (let n = 0; n < 15; n += 1) await sync.legacy.raw(`UPDATE orders SET note = 'waits ${n}' WHERE id = 1`);
        const late = await until('the lag grows', async () => {
          const [reader] = (await told()).readModels;
          if ((reader?.lagMessages ?? 0) >= 15 && (reader?.lagBytes ?? 0) > 0) return reader!;
          throw new Error(JSON.stringify(reader));
        });
        expect(late.partitions[0]!.end! - late.partitions[0]!.next).toBe(late.lagMessages);
        expect(await gauge(metrics, 'fig_transport_lag_messages')).toBeGreaterThanOrEqual(15);
        expect(await gauge(metrics, 'fig_transport_partition_lag_messages')).toBeGreaterThanOrEqual(15);
        expect(await gauge(metrics, 'fig_transport_leader')).toBe(1);
        expect(await gauge(metrics, 'fig_transport_written_changes_total')).toBeGreaterThanOrEqual(35);
        await tx.rollback();
        await until('the lag is gone', async () => (await told()).readModels[0]!.lagMessages === 0);
        await seen.stop();
        expect(await told()).toMatchObject({ leader: undefined, readModels: [{ process: undefined }] });
      } finally {
        await seen.stop();
        await store.destroy();
      }
    },
  );
});
