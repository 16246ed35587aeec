import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { describeTransport } from '../../../src/app/transport/describe-transport.ts';
import { TransportSeen } from '../../../src/app/transport/transport-seen.ts';
import { AppliedTracker } from '../../../src/sync/applied-tracker.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { createMetrics } from '../../../src/observe/metrics.ts';
import { openStore } from '../../../src/store/control-store.ts';
import { listWork } from '../../../src/store/transport-work-store.ts';
import { TopicWatch } from '../../../src/sync/kafka/topic-watch.ts';
import { createStoreDatabase } from '../../support/test-database.ts';
import { until } from '../../support/until.ts';

const events = {
  via: 'kafka' as const,
  // Nobody listens there.
  brokers: ['127.0.0.1:1'],
  topic: 't',
  partitions: 1,
  createTopic: true,
  replicationFactor: undefined,
  security: { tls: undefined, sasl: undefined },
};
const models = ['orders_v1', 'items_v1'];

test('of read models that processes share each tells its own, also while no broker answers', async () => {
  await using database = await createStoreDatabase();
  const store = openStore(database.url, { applicationName: 'test' });
  const applied = new AppliedTracker();
  applied.set(100n);
  const holdsNow = new Map([
    ['a', ['orders_v1', 'items_v1']],
    ['b', [] as string[]],
  ]);
  const seen = ['a', 'b'].map((name) => {
    return new TransportSeen({
      process: randomUUID(),
      config: { name: 'test' },
      store,
      watch: new TopicWatch(events, silentLog),
      leader: undefined,
      applying: {
        reading: { topics: ['t'], reads: () => true, placesAt: () => [{ topic: 't', partition: 0, next: 5n }] },
        capture: {
          readModels: models,
          applied: () => applied,
          lagOf: () => ({ bytes: 10, seconds: 1 }),
          holds: (readModel) => holdsNow.get(name)!.includes(readModel),
        },
      },
      topics: () => ['t'],
      metrics: createMetrics(),
      log: silentLog,
    });
  });
  const told = async () => describeTransport(events, models, await listWork(store, 'test'));
  try {
    await until('one process applies both', async () => {
      const { readModels } = await told();
      return readModels.every((each) => each.process !== undefined && each.takeovers === 0);
    });
    holdsNow.set('a', ['orders_v1']).set('b', ['items_v1']);
    const shared = await until('the other one has taken over its share', async () => {
      const status = await told();
      return status.readModels[1]!.takeovers === 1 && status.brokersError !== undefined && status;
    });
    expect(shared.readModels).toMatchObject([
      { readModel: 'orders_v1', takeovers: 0, lagSeconds: 1, lagBytes: 10, lagMessages: undefined },
      { readModel: 'items_v1', takeovers: 1, partitions: [{ next: 5, end: undefined }] },
    ]);
  } finally {
    await Promise.all(seen.map((each) => each.stop()));
    await store.destroy();
  }
});
