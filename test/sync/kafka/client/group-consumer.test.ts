import { beforeAll, expect, test } from 'vitest';
import { silentLog } from '../../../../src/kernel/log.ts';
import { FigError } from '../../../../src/kernel/fig-error.ts';
import type { GroupTask, KafkaBatch } from '../../../../src/sync/kafka/client/group-task.ts';
import { KafkaConnection } from '../../../../src/sync/kafka/client/kafka-connection.ts';
import { plainAccess } from '../../../support/kafka-settings.ts';
import { describeWithKafka, sharedKafka, uniqueTopic } from '../../../support/kafka-server.ts';
import { until } from '../../../support/until.ts';

interface Reading {
  readonly seen: string[];
  readonly assigned: string[];
  revoked: number;
  readonly abort: AbortController;
  readonly ended: Promise<'stopped' | FigError>;
}

async function stop({ abort, ended }: Reading): Promise<'stopped' | FigError> {
  abort.abort();
  return ended;
}

describeWithKafka('a consumer group', () => {
  let kafka: KafkaConnection;
  beforeAll(async () => {
    kafka = new KafkaConnection(plainAccess(await sharedKafka()), silentLog);
  }, 300_000);

  async function newTopic(partitions = 1): Promise<string> {
    const topic = uniqueTopic();
    await using admin = await kafka.admin();
    await admin.createTopic({ topic, partitions, replicationFactor: 1, settings: {} });
    return topic;
  }

  async function write(topic: string, ...values: string[]): Promise<void> {
    await using producer = await kafka.producer();
    await producer.send(
      topic,
      values.map((value) => ({ partition: 0, key: null, value: Buffer.from(value), headers: {} })),
    );
  }

  function read(topic: string, more: Partial<GroupTask> = {}): Reading {
    const [seen, assigned]: [string[], string[]] = [[], []];
    const abort = new AbortController();
    const task: GroupTask = {
      group: `group.${topic}`,
      topics: [topic],
      onAssigned: async () => new Map(),
      onBatch: async ({ messages }) => {
        seen.push(...messages.map(({ value }) => String(value)));
      },
      ...more,
      onRevoked: () => {
        reading.revoked += 1;
      },
    };
    const counted: GroupTask = {
      ...task,
      onAssigned: async (partitions) => {
        assigned.push(...partitions.map(({ partition }) => String(partition)));
        return task.onAssigned(partitions);
      },
    };
    const ended = kafka.consume(counted, abort.signal).then(
      () => 'stopped' as const,
      (error: unknown) => error as FigError,
    );
    const reading: Reading = { seen, assigned, revoked: 0, abort, ended };
    return reading;
  }

  test('begins at the first message, goes on with those that come, and ends when it is told', async () => {
    const topic = await newTopic();
    await write(topic, 'a', 'b');
    const reading = read(topic);
    await until('what was there was read', () => reading.seen.length === 2);
    await write(topic, 'c');
    await until('what came was read', () => reading.seen.length === 3);
    expect(await stop(reading)).toBe('stopped');
    expect(reading).toMatchObject({ seen: ['a', 'b', 'c'], assigned: ['0'], revoked: 1 });
  });

  test('begins where the member says, whatever the group has committed', async () => {
    const topic = await newTopic();
    await write(topic, 'a', 'b', 'c');
    const first = read(topic, {
      onBatch: async ({ commit }) => {
        await commit(3n);
        first.seen.push('committed');
      },
    });
    await until('it was committed', () => first.seen.length > 0);
    await stop(first);
    await using admin = await kafka.admin();
    expect(await admin.committedOffsets(`group.${topic}`, topic)).toEqual(new Map([[0, 3n]]));
    const second = read(topic, { onAssigned: async () => new Map([[`${topic}/0`, 1n]]) });
    await until('it was read', () => second.seen.length === 2);
    await stop(second);
    expect(second.seen).toEqual(['b', 'c']);
  });

  test('gives the partition to a member that stands by when the first one leaves', { timeout: 60_000 }, async () => {
    const topic = await newTopic();
    await write(topic, 'a');
    const first = read(topic);
    await until('the first reads', () => first.seen.length === 1);
    const second = read(topic);
    await until('the group was divided anew', () => first.assigned.length + second.assigned.length === 2);
    const [owner, idle] = second.assigned.length > 0 ? [second, first] : [first, second];
    await stop(owner);
    await until('the other has it', () => idle.assigned.length > 0 && idle.seen.length > 0);
    expect(await stop(idle)).toBe('stopped');
  });

  test('tells a member that still works on a batch that its partition may be gone', { timeout: 60_000 }, async () => {
    const topic = await newTopic();
    await write(topic, 'a');
    let working: KafkaBatch | undefined;
    const slow = read(topic, {
      onBatch: async (batch) => {
        working ??= batch;
        await new Promise<void>((resolve) => batch.signal.addEventListener('abort', () => resolve()));
      },
    });
    await until('it works', () => working !== undefined);
    const other = read(topic);
    await until('it is told', () => working?.signal.aborted === true);
    await until('somebody goes on', () => slow.assigned.length + other.assigned.length >= 2);
    expect(await Promise.all([stop(slow), stop(other)])).toEqual(['stopped', 'stopped']);
  });

  test('keeps a member that works on a batch for longer than its session', { timeout: 60_000 }, async () => {
    const topic = await newTopic();
    await write(topic, 'a');
    const [begun, sessionMs] = [Date.now(), 6_000];
    const reading = read(topic, {
      onBatch: async ({ signal }) => {
        await until('the session would be over', () => Date.now() > begun + 1.5 * sessionMs);
        reading.seen.push(signal.aborted ? 'lost' : 'kept');
      },
    });
    await until('it is done', () => reading.seen.length > 0);
    await write(topic, 'b');
    await until('it goes on', () => reading.seen.length > 1);
    await stop(reading);
    expect(reading).toMatchObject({ seen: ['kept', 'kept'], assigned: ['0'], revoked: 1 });
  });

  test('ends with what the member threw, and delivers nothing more', async () => {
    const topic = await newTopic();
    await write(topic, 'a');
    const reading = read(topic, {
      onBatch: async () => {
        reading.seen.push('called');
        throw new FigError('FIG_INTERNAL', 'the target is full');
      },
    });
    expect(await reading.ended).toMatchObject({ code: 'FIG_INTERNAL', message: 'the target is full' });
    expect(reading).toMatchObject({ seen: ['called'], revoked: 1 });
  });

  test('does not begin anywhere else when the offset is gone', async () => {
    const topic = await newTopic();
    await write(topic, 'a');
    const reading = read(topic, { onAssigned: async () => new Map([[`${topic}/0`, 7n]]) });
    expect(await reading.ended).toMatchObject({ code: 'FIG_KAFKA_OFFSET_GONE' });
    expect(reading.seen).toEqual([]);
  });

  test('ends when its topic is made anew under it', { timeout: 60_000 }, async () => {
    const topic = await newTopic();
    await write(topic, 'a', 'b', 'c');
    const reading = read(topic);
    await until('it was read', () => reading.seen.length === 3);
    {
      await using admin = await kafka.admin();
      await admin.deleteTopic(topic);
      await until('it is gone', async () => (await admin.describeTopic(topic)) === undefined);
      await admin.createTopic({ topic, partitions: 1, replicationFactor: 1, settings: {} });
    }
    await write(topic, 'x');
    expect(await reading.ended).toMatchObject({ code: expect.stringMatching(/^FIG_KAFKA_(OFFSET_GONE|TOPIC)$/) });
    expect(reading.seen).toEqual(['a', 'b', 'c']);
  });

  test('cannot be begun on a topic that is missing', async () => {
    expect(await read(uniqueTopic()).ended).toMatchObject({ code: 'FIG_KAFKA_TOPIC' });
  });
});
