import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../src/kernel/log.ts';
import { KafkaConnection } from '../../src/sync/kafka/client/kafka-connection.ts';
import { runDemoProcess, startDemoProcess, type DemoProcess } from '../support/demo-process.ts';
import { plainAccess } from '../support/kafka-settings.ts';
import { describeWithKafka } from '../support/kafka-server.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'fig-demo-kafka-'));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

/** Of its broker. */
const addressOf = (demo: DemoProcess): string => /Kafka: done, (\S+:\d+)/.exec(demo.output())?.[1] ?? '';

/** How many messages the demo's topic has, and of which the first is kept. */
async function topicOf(address: string): Promise<{ low: bigint; high: bigint }> {
  const kafka = new KafkaConnection(plainAccess(address), silentLog);
  await using reader = await kafka.reader('fig.shop.changes', 0);
  const { low, high } = await reader.read(0n, 0);
  return { low, high };
}

test('npm start -- --help says what it takes', async () => {
  const { code, stdout } = await runDemoProcess(cwd, ['--help']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/--via kafka .*Java 17/s);
});

test('npm start with a mistake starts nothing', async () => {
  const { code, stderr } = await runDemoProcess(cwd, ['--via', 'pigeon']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/--via takes kafka or direct, not pigeon\n.*npm start -- --help/);
  expect(existsSync(join(cwd, '.fig'))).toBe(false);
});

test('without Java and Maven npm start -- --via kafka starts nothing, and says what to install or do instead', async () => {
  const env = { PATH: cwd, JAVA_HOME: '', FIG_KAFKA_BROKERS: '' };
  const { code, stderr } = await runDemoProcess(cwd, ['--via', 'kafka'], env);
  expect(code).toBe(1);
  expect(stderr).toMatch(/java and mvn not found: .*Java 17.*apt-get install default-jre-headless maven/);
  expect(stderr).toContain('FIG_KAFKA_BROKERS');
  expect(stderr).toContain('start without --via kafka');
  expect(existsSync(join(cwd, '.fig'))).toBe(false);
});

describeWithKafka('npm start -- --via kafka', () => {
  test(
    'shows the demo as it is without, goes on where it was after a kill, and leaves no broker behind',
    { timeout: 300_000 },
    async () => {
      let demo = await startDemoProcess(cwd, ['--via', 'kafka']);
      const first = await demo.status();
      expect(first.features[0]!.readModel).toMatchObject({ name: 'order_summary', version: 1, state: 'ready' });
      expect(demo.output()).toMatch(/^copy public/m);
      const written = await topicOf(addressOf(demo));
      expect(written.high).toBeGreaterThan(0n);
      await demo.kill();

      demo = await startDemoProcess(cwd, ['--via', 'kafka']);
      const second = await demo.status();
      expect(second.features[0]).toMatchObject({ phase: 'shadow', fingerprint: first.features[0]!.fingerprint });
      expect(demo.output()).not.toMatch(/^copy public/m);
      const address = addressOf(demo);
      const kept = await topicOf(address);
      expect(kept.low).toBe(0n);
      expect(kept.high).toBeGreaterThan(written.high);
      expect(await demo.stop()).toBe(0);
      await expect(topicOf(address)).rejects.toMatchObject({ code: 'FIG_KAFKA_UNREACHABLE' });
    },
  );
});
