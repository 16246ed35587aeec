import { Client } from 'pg';
import { expect, test } from 'vitest';
import { startBroker } from '../../../../examples/kafka/broker.ts';
import { silentLog } from '../../../../src/kernel/log.ts';
import type { Capture } from '../../../../src/sync/capture/capture.ts';
import { KafkaConnection } from '../../../../src/sync/kafka/client/kafka-connection.ts';
import { describeWithKafka } from '../../../support/kafka-server.ts';
import { until } from '../../../support/until.ts';
import { counted, countedByHandler, countedByLegacy, talliesSchema } from './counted-model.ts';
import { type KafkaSetup, setupThroughKafka } from './through-kafka.ts';

async function setup(broker?: string): Promise<KafkaSetup> {
  const kafka = await setupThroughKafka(broker === undefined ? {} : { broker });
  await kafka.sync.legacy.raw(talliesSchema);
  return kafka;
}

/** Commits updates until it is told to stop. */
async function writing({ sync }: KafkaSetup) {
  const client = new Client({ connectionString: sync.legacyUrl });
  await client.connect();
  let isOver = false;
  let commits = 0;
  const running = (async () => {
    while (!isOver) {
      await client.query('UPDATE tallies SET updates = updates + 1 WHERE id % 20 = $1', [commits % 20]);
      commits += 1;
    }
  })();
  const more = async (count = 100): Promise<void> => {
    const goal = commits + count;
    await until('more was written', () => commits >= goal);
  };
  return {
    more,
    [Symbol.asyncDispose]: async () => {
      isOver = true;
      await running;
      await client.end();
    },
  };
}

async function caughtUp(capture: Capture): Promise<void> {
  const position = await capture.source.read();
  await until(
    'everything is applied',
    async () => {
      capture.source.nudge();
      if (await capture.applied('counted')!.waitFor(position, 500)) return true;
      throw new Error(`${JSON.stringify(capture.progressOf('counted'))} ${capture.status().error}`);
    },
    60_000,
  );
}

async function expectExact({ sync }: KafkaSetup): Promise<void> {
  expect(await countedByHandler(sync.target)).toEqual(await countedByLegacy(sync.legacy));
}

/** Whether it was built only once: a rebuild would hide what was lost or doubled. */
async function buildOf({ sync }: KafkaSetup): Promise<unknown> {
  const { rows } = await sync.target.raw(`SELECT 'rm_counted_v1.counted'::regclass::oid AS oid`);
  return rows[0].oid;
}

/** While legacy is written to, before, during and after what is done: each change takes effect once, in what was built before. */
async function exactWhile(
  kafka: KafkaSetup,
  capture: Capture,
  work: (legacy: { more(count?: number): Promise<void> }) => Promise<void>,
  last: Capture = capture,
): Promise<void> {
  await caughtUp(capture);
  const built = await buildOf(kafka);
  {
    await using legacy = await writing(kafka);
    await legacy.more();
    await work(legacy);
    await legacy.more();
  }
  await caughtUp(last);
  await expectExact(kafka);
  expect(await buildOf(kafka)).toEqual(built);
}

/** Ends the session by which a process holds its office, and not what it does in it. */
async function endOffice({ sync }: KafkaSetup, office: 'leader' | 'projector'): Promise<void> {
  await sync.target.raw(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ?
        AND datname = current_database() AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)`,
    [`fig ${office}`],
  );
}

const models = { readModels: [counted] };

describeWithKafka('each change takes effect once', () => {
  test('when one leader goes and another takes over, within five seconds', async () => {
    await using kafka = await setup();
    const first = kafka.startLeader(models);
    await until('it leads', () => first.status().state === 'leading');
    const second = kafka.startLeader(models);
    await exactWhile(kafka, kafka.startProjector(models), async () => {
      expect(second.status().state).toBe('standby');
      await first.stop();
      const goneAt = performance.now();
      await until('the other leads', () => second.status().state === 'leading');
      expect(performance.now() - goneAt).toBeLessThan(5_000);
    });
  });

  test('when leaders lose the slot or their office in the middle, again and again', async () => {
    await using kafka = await setup();
    const leaders = [kafka.startLeader(models), kafka.startLeader(models)];
    await exactWhile(kafka, kafka.startProjector(models), async (legacy) => {
      for (let n = 0; n < 4; n += 1) {
        if (n % 2 === 0) await endOffice(kafka, 'leader');
        else {
          await kafka.sync.legacy.raw(
            'SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = current_database()',
          );
        }
        await until('somebody leads', () => leaders.some((leader) => leader.status().state === 'leading'));
        await legacy.more(50);
      }
    });
  });

  test('when a leader finds that another one has begun: it begins anew, with a number after it', async () => {
    await using kafka = await setup();
    const leader = kafka.startLeader(models);
    await exactWhile(kafka, kafka.startProjector(models), async () => {
      const { rows } = await kafka.sync.target.raw('UPDATE fig.transport SET epoch = epoch + 1 RETURNING epoch');
      await until('it has begun anew', () => (leader.status().epoch ?? 0) > Number(rows[0].epoch));
    });
  });

  test('when messages are delivered twice, long after, and out of turn', async () => {
    await using kafka = await setup();
    kafka.startLeader(models);
    const capture = kafka.startProjector(models);
    await exactWhile(kafka, capture, async (legacy) => {
      await repeat(kafka);
      await legacy.more();
      await repeat(kafka);
    });
  });

  test('when the process that applies stops and another one takes over', async () => {
    await using kafka = await setup();
    kafka.startLeader(models);
    const first = kafka.startProjector(models);
    await caughtUp(first);
    const second = kafka.startProjector(models);
    const takeOver = async (): Promise<void> => {
      await first.stop();
      await until('the other applies', () => second.applied('counted')!.current() !== undefined);
    };
    await exactWhile(kafka, first, takeOver, second);
  });

  test('when the process that applies loses its office while it works', async () => {
    await using kafka = await setup();
    kafka.startLeader(models);
    const first = kafka.startProjector(models);
    await caughtUp(first);
    const second = kafka.startProjector(models);
    await exactWhile(
      kafka,
      first,
      async () => {
        expect([first.topic.isOn, second.topic.isOn]).toEqual([true, false]);
        await endOffice(kafka, 'projector');
        await until('it is known', () => !first.topic.isOn);
        await first.stop();
        await until('the other applies', () => second.applied('counted')!.current() !== undefined);
      },
      second,
    );
  });

  test('when the broker is killed and comes back', { timeout: 120_000 }, async () => {
    const broker = await startBroker();
    try {
      await using kafka = await setup(broker.address);
      kafka.startLeader(models);
      await exactWhile(kafka, kafka.startProjector(models), async (legacy) => {
        await broker.halt('unclean');
        await legacy.more();
        await broker.start();
      });
    } finally {
      await broker.stop();
    }
  });
});

/** Writes all that is in the topic once more, as a producer would whose late requests arrive now. */
async function repeat({ events }: KafkaSetup): Promise<void> {
  const connection = new KafkaConnection(events, silentLog);
  await using reader = await connection.reader(events.topic, 0);
  await using producer = await connection.producer();
  let offset = 0n;
  for (;;) {
    const { messages, next, high } = await reader.read(offset, 100);
    const again = messages.map(({ value, headers }) => ({
      partition: 0,
      key: null,
      value,
      headers: Object.fromEntries(headers),
    }));
    if (again.length > 0) await producer.send(events.topic, again);
    offset = next;
    if (next >= high) return;
  }
}
