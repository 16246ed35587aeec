import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import knexModule from 'knex';
import { expect, test } from 'vitest';
import type { EventFormat, NormalizedRelay } from '../../../../src/config/domain-topics-definition.ts';
import type { Milestone } from '../../../../src/kernel/milestones.ts';
import { silentLog } from '../../../../src/kernel/log.ts';
import type { KafkaMessage } from '../../../../src/sync/kafka/client/kafka-message.ts';
import { decodeMessage } from '../../../../src/sync/kafka/domain-events/decode-message.ts';
import { Relay } from '../../../../src/sync/kafka/domain-events/relay.ts';
import { describeWithKafka } from '../../../support/kafka-server.ts';
import { createTestDatabase } from '../../../support/test-database.ts';
import { until } from '../../../support/until.ts';
import { topicWorld } from './topic-world.ts';

const child = fileURLToPath(new URL('topics-child.js', import.meta.url));

/** A topic, and a legacy database whose outbox goes into it. */
async function relayWorld({
  partitions = 1,
  format = 'cloudevents',
}: { readonly partitions?: number; readonly format?: EventFormat } = {}) {
  const world = await topicWorld({ partitions, format });
  const legacyDatabase = await createTestDatabase();
  const legacy = knexModule({ client: 'pg', connection: legacyDatabase.url, pool: { min: 0, max: 6 } });
  await legacy.raw(
    `CREATE TABLE outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, type text, "about" text, data jsonb,
       at timestamptz DEFAULT '2026-01-02T03:04:05.678Z')`,
  );
  const options: NormalizedRelay & { readonly url: string } = {
    url: legacyDatabase.url,
    outbox: { table: 'outbox', id: 'id', type: 'type', key: 'about', data: 'data', at: 'at' },
    to: { ...world.access, topic: world.topic, format, source: '/shop' },
    batch: 7,
  };
  const relays: Relay[] = [];
  return {
    ...world,
    legacy,
    options,
    start: () => {
      const relay = new Relay({ ...options, log: silentLog });
      relays.push(relay);
      return relay;
    },
    read: world.start,
    write: (...events: readonly (readonly [string, unknown])[]) =>
      legacy('outbox').insert(events.map(([about, data]) => ({ type: 'Paid', about, data: JSON.stringify(data) }))),
    left: async () => Number((await legacy('outbox').count('* as n').first())!['n']),
    /** Everything that the topic has, by partition. */
    sent: async (): Promise<KafkaMessage[]> => {
      const found: KafkaMessage[] = [];
      for (let partition = 0; partition < partitions; partition += 1) {
        await using reader = await world.kafka.reader(world.topic, partition);
        for (let [from, isMore] = [0n, true]; isMore;) {
          const slice = await reader.read(from, 0);
          found.push(...slice.messages);
          from = slice.next;
          isMore = from < slice.high;
        }
      }
      return found;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(relays.map((relay) => relay.stop()));
      await legacy.destroy();
      await legacyDatabase[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

describeWithKafka('a relay', () => {
  test.each(['cloudevents', 'debezium-outbox'] as const)(
    'sends what an outbox has as %s, and empties it',
    async (format) => {
      await using world = await relayWorld({ format });
      await world.legacy.raw(
        `INSERT INTO outbox (type, about, data) VALUES ('Paid', 'a', '{"n": 12345678901234567890}'), ('Paid', NULL, NULL)`,
      );
      // Together they are more than brokers take at once.
      await world.write(...['c', 'd', 'e', 'f'].map((key) => [key, 'x'.repeat(300_000)] as const));
      world.start();
      await until('it is empty', async () => (await world.left()) === 0);
      const sent = await world.sent();
      expect(sent).toHaveLength(6);
      expect(sent.slice(0, 2).map((message) => decodeMessage(format, message))).toMatchObject([
        { event: { id: '1', type: 'Paid', key: 'a', at: new Date('2026-01-02T03:04:05.678Z') } },
        // The router cannot tell a column that is null from one with the JSON null.
        { event: { id: '2', type: 'Paid', key: '2', data: format === 'cloudevents' ? null : undefined } },
      ]);
      // Not one digit is lost on the way.
      expect(sent[0]!.value?.toString()).toBe('{"n": 12345678901234567890}');
    },
  );

  test('keeps the order of each key beside others, and a read model has every event once', async () => {
    await using world = await relayWorld({ partitions: 2 });
    const relays = [world.start(), world.start(), world.start()];
    world.read();
    for (let n = 1; n <= 30; n += 1) await world.write(...['a', 'b', 'c'].map((key) => [key, { amount: n }] as const));
    await world.untilTotals({ a: 465, b: 465, c: 465 });
    await until('it is empty', async () => (await world.left()) === 0);
    const sent = await world.sent();
    expect(sent).toHaveLength(90);
    expect(relays.reduce((sum, { sent: count }) => sum + count, 0)).toBe(90);
    for (const key of ['a', 'b', 'c']) expect(ordered(sent, key)).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
  });

  test('says what a row lacks that is no event, and sends on when it has it', async () => {
    await using world = await relayWorld();
    await world.legacy('outbox').insert({ about: 'a', data: '{}' });
    const warned: object[] = [];
    const relay = new Relay({ ...world.options, log: { ...silentLog, warn: (fields: object) => warned.push(fields) } });
    await until('it says so', () => warned.length > 0);
    expect(warned[0]).toMatchObject({ error: 'a row of outbox has not a type, so that it is no event' });
    await world.legacy('outbox').update({ type: 'Paid' });
    await until('it is sent', async () => (await world.left()) === 0);
    await relay.stop();
  });

  test('may be killed at any point, as may the reader: every event takes effect once, in the order of its key', async () => {
    await using world = await relayWorld({ partitions: 2 });
    const { access, topic, storeUrl, options } = world;
    const start = async (role: 'relay' | 'reader', at: Milestone, nth: number): Promise<ChildProcess> => {
      const argv = { role, die: { at, nth }, access, topic, storeUrl, relay: options };
      const started = fork(child, [JSON.stringify(argv)]);
      await once(started, 'message');
      return started;
    };
    let amount = 0;
    const write = async (): Promise<void> => {
      amount += 1;
      await world.write(...['a', 'b', 'c', 'd'].map((key) => [key, { amount }] as const));
    };
    const deaths: readonly Milestone[] = ['sync:received', 'sync:written', 'sync:acknowledged'];
    for (const at of deaths) {
      const [relay, reader] = [await start('relay', at, 3), await start('reader', 'sync:landed', 4)];
      let successor: Relay | undefined;
      await until(
        `both died (${at})`,
        async () => {
          await write();
          // The reader has something to read until it dies, too.
          if (relay.signalCode === 'SIGKILL') successor ??= world.start();
          return successor !== undefined && reader.signalCode === 'SIGKILL';
        },
        40_000,
      );
      await successor?.stop();
    }
    world.start();
    const readModel = world.read();
    const total = (amount * (amount + 1)) / 2;
    await world.untilTotals({ a: total, b: total, c: total, d: total });
    await until('it is empty', async () => (await world.left()) === 0);
    const sent = await world.sent();
    // One relay died between the brokers' word and its own.
    expect(sent.length).toBeGreaterThan(4 * amount);
    await until('the repeats are counted', () => readModel.report().repeats === sent.length - 4 * amount);
    const history = await world.history();
    for (const key of ['a', 'b', 'c', 'd']) {
      const own = history.filter((each) => each.startsWith(key));
      expect(own).toEqual(Array.from({ length: amount }, (_, n) => `${key} ${String(n + 1)}`));
    }
  }, 120_000);
});

function ordered(sent: readonly KafkaMessage[], key: string): number[] {
  return sent
    .filter((message) => message.key?.toString() === key)
    .map(({ value }) => (JSON.parse(value!.toString()) as { amount: number }).amount);
}
