import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBroker, type Broker } from '../../examples/kafka/broker.ts';
import { missingForKafka } from '../../examples/kafka/find-java.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { KafkaConnection } from '../../src/sync/kafka/client/kafka-connection.ts';
import { plainAccess } from '../support/kafka-settings.ts';
import { describeWithKafka } from '../support/kafka-server.ts';

test('what is missing is named, with what to install', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'fig-no-java-'));
  expect(missingForKafka({ PATH: empty })).toMatch(/^java and mvn not found: .*Java 17.*apt-get install/);
  await rm(empty, { recursive: true });
});

describeWithKafka('a broker of its own', () => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await startBroker();
  }, 300_000);
  afterAll(() => broker?.stop());

  test('what was acknowledged is there after a power cut and after an orderly stop', { timeout: 120_000 }, async () => {
    const kafka = new KafkaConnection(plainAccess(broker.address), silentLog);
    {
      await using admin = await kafka.admin();
      await admin.createTopic({ topic: 'kept', partitions: 1, replicationFactor: 1, settings: {} });
    }
    for (const how of ['unclean', 'in-order'] as const) {
      {
        await using producer = await kafka.producer();
        await producer.send('kept', [{ partition: 0, key: null, value: Buffer.from(how), headers: {} }]);
      }
      await broker.halt(how);
      await broker.start();
    }
    await using reader = await kafka.reader('kept', 0);
    const { messages } = await reader.read(0n, 0);
    expect(messages.map(({ value }) => value?.toString())).toEqual(['unclean', 'in-order']);
  });
});

describeWithKafka('npm run kafka', () => {
  test('prints its address, and Ctrl-C ends it', { timeout: 120_000 }, async () => {
    const start = fileURLToPath(new URL('../../dist/examples/kafka/start.js', import.meta.url));
    const child = spawn(process.execPath, [start], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [printed] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
    const address = /Kafka listens on (127\.0\.0\.1:\d+)/.exec(printed)?.[1] ?? '';
    const kafka = new KafkaConnection(plainAccess(address), silentLog);
    {
      await using admin = await kafka.admin();
      expect(await admin.brokers()).toEqual([1]);
    }
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
    await expect(kafka.admin()).rejects.toMatchObject({ code: 'FIG_KAFKA_UNREACHABLE' });
  });
});
