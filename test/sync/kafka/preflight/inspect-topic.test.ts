import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { NormalizedKafkaEvents } from '../../../../src/config/events-definition.ts';
import { Secret } from '../../../../src/config/secret.ts';
import { runPreflight } from '../../../../src/app/preflight/run-preflight.ts';
import { silentLog } from '../../../../src/kernel/log.ts';
import { KafkaConnection } from '../../../../src/sync/kafka/client/kafka-connection.ts';
import { ensureTopic, inspectTopic } from '../../../../src/sync/kafka/preflight/inspect-topic.ts';
import { describeWithKafka, sharedKafka, uniqueTopic } from '../../../support/kafka-server.ts';
import { createTestDatabase } from '../../../support/test-database.ts';
import { runSql } from '../../../support/postgres-server.ts';

function eventsOn(broker: string, more: Partial<NormalizedKafkaEvents> = {}): NormalizedKafkaEvents {
  return {
    via: 'kafka',
    brokers: [broker],
    topic: uniqueTopic(),
    partitions: 1,
    createTopic: true,
    replicationFactor: undefined,
    security: { tls: undefined, sasl: undefined },
    ...more,
  };
}

test('brokers that do not answer are a finding', { timeout: 60_000 }, async () => {
  expect(await inspectTopic(eventsOn('127.0.0.1:1'), silentLog)).toMatchObject([
    { id: 'kafka-unreachable', severity: 'error', subject: '127.0.0.1:1' },
  ]);
});

describeWithKafka('the topic of a real broker', () => {
  let broker: string;
  beforeAll(async () => {
    broker = await sharedKafka();
  }, 300_000);

  test('is only looked at, then made as it should be, and made once', async () => {
    const events = eventsOn(broker);
    expect(await inspectTopic(events, silentLog)).toMatchObject([{ id: 'topic-missing', severity: 'info' }]);
    await using admin = await new KafkaConnection(events, silentLog).admin();
    expect(await admin.describeTopic(events.topic)).toBeUndefined();
    for (let times = 0; times < 2; times += 1) {
      const findings = await ensureTopic(admin, events);
      // One broker is all there is.
      expect(findings.map(({ id, severity }) => [id, severity])).toEqual([['topic-replication', 'warning']]);
    }
  });

  test('is not made where that is not wanted', async () => {
    const events = eventsOn(broker, { createTopic: false });
    await using admin = await new KafkaConnection(events, silentLog).admin();
    expect(await ensureTopic(admin, events)).toMatchObject([{ id: 'topic-missing', severity: 'error' }]);
    expect(await admin.describeTopic(events.topic)).toBeUndefined();
  });

  test('with everything wrong has a finding for each', async () => {
    const events = eventsOn(broker);
    await using admin = await new KafkaConnection(events, silentLog).admin();
    const settings = {
      'cleanup.policy': 'compact',
      'retention.ms': '60000',
      'retention.bytes': '1000000',
      'max.message.bytes': '100000',
      'unclean.leader.election.enable': 'true',
    };
    await admin.createTopic({ topic: events.topic, partitions: 2, replicationFactor: 1, settings });
    const ids = (await inspectTopic(events, silentLog)).map(({ id }) => id.replace('topic-', ''));
    expect(ids.toSorted()).toEqual([
      'compacted',
      'message-size',
      'partitions',
      'replication',
      'retention',
      'retention-bytes',
      'unclean-election',
    ]);
  });

  test('is refused, and no password told, where the broker does not know logins', { timeout: 60_000 }, async () => {
    const sasl = { mechanism: 'plain', username: 'fig', password: new Secret('not-to-be-told') } as const;
    const findings = await inspectTopic(eventsOn(broker, { security: { tls: undefined, sasl } }), silentLog);
    expect(findings).toMatchObject([{ severity: 'error', id: expect.stringMatching(/^kafka-(refused|unreachable)$/) }]);
    expect(JSON.stringify(findings)).not.toContain('not-to-be-told');
  });

  test('is part of `fig preflight`', { timeout: 60_000 }, async () => {
    await using database = await createTestDatabase();
    await runSql(database.url, 'CREATE TABLE orders (id int PRIMARY KEY)');
    const folder = await mkdtemp(join(tmpdir(), 'fig-preflight-kafka-'));
    const configFile = join(folder, 'fig.config.js');
    await writeFile(
      configFile,
      `export default {
        legacy: { url: 'http://127.0.0.1:1', database: ${JSON.stringify(database.url)} },
        events: { via: 'kafka', brokers: [${JSON.stringify(broker)}], topic: ${JSON.stringify(uniqueTopic())}, createTopic: false },
        features: [{
          name: 'orders',
          readModel: {
            name: 'orders', version: 1, key: 'id', table: (t) => t.integer('id').primary(),
            sources: { orders: { key: 'id', dirty: (row) => [row.id] } },
            build: (keys, mirror) => mirror('orders').whereIn('id', keys).select('id'),
          },
          queries: { 'GET /orders': () => [] },
        }],
      };`,
    );
    const { findings } = await runPreflight({ configFile });
    expect(findings).toContainEqual(expect.objectContaining({ id: 'topic-missing', severity: 'error' }));
    await rm(folder, { recursive: true });
  });
});
