import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { silentLog } from '../../src/kernel/log.ts';
import { KafkaConnection } from '../../src/sync/kafka/client/kafka-connection.ts';
import { kafkajs } from '../../src/sync/kafka/client/kafkajs.ts';
import { CountersUnderFig } from '../support/counters-under-fig.ts';
import { FigProcess, runFig } from '../support/fig-process.ts';
import { describeWithKafka, sharedKafka, uniqueTopic } from '../support/kafka-server.ts';
import { plainAccess } from '../support/kafka-settings.ts';
import { runSql } from '../support/postgres-server.ts';
import { until } from '../support/until.ts';

const config = fileURLToPath(new URL('fixtures/topic-fed.config.ts', import.meta.url));
const counters = 40;
const roleNames = ['sync', 'control', 'proxy'] as const;

interface Letter {
  readonly attempts: number;
  readonly changesSince: number;
}

/** The legacy app tells of every counter in an outbox, of those that were there first as well. */
const outbox = `
  CREATE TABLE outbox (id bigserial PRIMARY KEY, type text NOT NULL DEFAULT 'Counted', counter text NOT NULL, payload jsonb NOT NULL);
  CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO outbox (counter, payload) VALUES (NEW.id::text, jsonb_build_object('value', NEW.value)); RETURN NEW; END $$;
  CREATE TRIGGER told AFTER UPDATE ON counters FOR EACH ROW EXECUTE FUNCTION tell();
  UPDATE counters SET value = 0`;

async function start() {
  const broker = await sharedKafka();
  const topic = uniqueTopic('counted');
  await using admin = await new KafkaConnection(plainAccess(broker), silentLog).admin();
  await admin.createTopic({ topic, partitions: 1, replicationFactor: 1, settings: {} });
  const app = await CountersUnderFig.create(counters);
  await runSql(app.databases.legacy.url, outbox);
  return { app, broker, topic, env: { FIG_KAFKA_BROKERS: broker, FIG_EVENT_TOPIC: topic } };
}

/** Somebody writes to the topic in a transaction and does not come to its end: nothing behind it can be read. */
async function openTransaction(broker: string, topic: string): Promise<() => Promise<void>> {
  const kafka = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING });
  const producer = kafka.producer({ transactionalId: uniqueTopic('open'), idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: [{ key: 'nobody', value: 'is rolled back' }] });
  return async () => {
    await transaction.abort();
    await producer.disconnect();
  };
}

async function compared(fig: FigProcess): Promise<number> {
  return Object.values((await fig.status()).features[0]!.comparisons).reduce((sum, count) => sum + count, 0);
}

async function promoteToLive(app: CountersUnderFig, fig: FigProcess): Promise<void> {
  const client = await fig.client();
  for (let n = 0; (await fig.status()).features[0]?.phase !== 'live';) {
    await until(
      'reads move on',
      async () => {
        for (let i = 0; i < 60; i += 1) await app.ask('GET', 1 + (n++ % counters), `visitor ${n}`);
        const { gate } = (await fig.status()).features[0]!;
        if (gate.result !== 'PASS') throw new Error(gate.reason);
        const moved = (await client.promote('counters', { who: 'the test', why: '' })).value;
        if (moved.moved) return true;
        throw new Error(moved.reason);
      },
      60_000,
    );
  }
}

/** No read of who wrote is older than the write, whoever answers; in the end it is the read model. */
async function writeAndRead(app: CountersUnderFig, id: number): Promise<void> {
  const written = await app.ask('POST', id, 'writer');
  expect(await app.ask('GET', id, 'writer')).toMatchObject({ from: 'legacy', value: written.value });
  await until('the read model answers who wrote', async () => {
    const read = await app.ask('GET', id, 'writer');
    expect(read.value).toBe(written.value);
    return read.from === 'candidate';
  });
}

describeWithKafka('a feature whose read model is made of a topic', () => {
  test(
    'goes live by its gate, is never called wrong for events that are on their way, and keeps what it refuses until it is mended',
    { timeout: 240_000 },
    async () => {
      const { app, broker, topic, env } = await start();
      const folders: string[] = [];
      const running = new Map<string, FigProcess>();
      const startRole = async (role: (typeof roleNames)[number], more: NodeJS.ProcessEnv = {}): Promise<FigProcess> => {
        const folder = await mkdtemp(join(tmpdir(), `fig-${role}-`));
        folders.push(folder);
        const fig = FigProcess.run(folder, [role, '--config', config], app.port, {
          FIG_PORT: String(app.port),
          FIG_ADMIN_PORT: '0',
          LEGACY_URL: app.legacy.url.origin,
          LEGACY_DATABASE_URL: app.databases.legacy.url,
          FIG_DATABASE_URL: app.databases.target.url,
          ...env,
          ...more,
        });
        running.set(role, fig);
        await fig.ready();
        return fig;
      };
      try {
        const up = await app.startFig(1, env, config);
        running.set('up', up);
        await app.stepTo(up, 'shadow');

        // Events that are on their way while the shadow asks, and then one that nobody can read.
        let id = 10;
        await until('both agree when the event has come', async () => {
          const letGo = await openTransaction(broker, topic);
          await app.ask('POST', id, 'writer');
          const seen = await compared(up);
          await app.ask('GET', id++, 'reader');
          await until('the event waits', async () => (await up.status()).features[0]!.readModel!.topics!.behind > 0);
          await letGo();
          await until('it was judged', async () => (await compared(up)) > seen);
          // It is a match if the shadow came to it only when the event was there.
          const reasons = await app.verdictReasons();
          if (reasons.some(({ verdict, reason }) => verdict === 'stale' && reason === 'settled')) return true;
          throw new Error(JSON.stringify(reasons));
        });
        const abort = await openTransaction(broker, topic);
        await app.ask('POST', 5, 'writer');
        await until('it is said that the events do not come', async () => {
          await app.ask('GET', 5, 'reader');
          const reasons = await app.verdictReasons();
          return reasons.some(({ reason }) => reason === 'fence-budget');
        });
        await abort();
        await promoteToLive(app, up);
        expect((await up.status()).features[0]!.comparisons.mismatch).toBe(0);
        await app.untilServedByCandidate(1);
        await writeAndRead(app, 4);
        const refused = await runFig(up.cwd, ['reconcile', 'counters']);
        expect(refused.stderr).toContain('FIG_RECONCILE_REFUSED');
        expect(await up.stop()).toBe(0);

        for (const role of roleNames) await startRole(role);
        await app.untilServedByCandidate(1);
        await writeAndRead(app, 6);

        await runSql(
          app.databases.legacy.url,
          `INSERT INTO outbox (counter, payload) VALUES ('7', '{"value": "700"}')`,
        );
        const behind = await app.ask('POST', 7, 'writer');
        const control = running.get('control')!;
        const letters = () => control.json<{ letters: readonly Letter[] }>('dead-letters', 'list');
        const [letter] = await until('the letter is listed', async () => {
          const found = (await letters()).letters;
          return found[0]?.changesSince === 1 && found;
        });
        expect(letter).toMatchObject({
          feature: 'counters',
          readModel: 'counter_told',
          kind: 'message',
          source: topic,
          sourceKey: ['7'],
          code: 'FIG_EVENT_REFUSED',
          message: expect.stringMatching(/: its data does not fit the schema of Counted: value: invalid_type$/),
        });
        expect(JSON.stringify(letter)).not.toContain('700');
        await until('only reads of its key go to legacy', async () => {
          const [seven, eight] = [await app.ask('GET', 7, 'reader'), await app.ask('GET', 8, 'reader')];
          if (seven.from === 'legacy' && eight.from === 'candidate') return seven.value === behind.value;
          throw new Error(JSON.stringify([seven, eight]));
        });
        await writeAndRead(app, 8);
        const retried = await runFig(control.cwd, ['dead-letters', 'retry', '--all']);
        expect(retried).toMatchObject({ code: 0 });
        await until('it was tried again in vain', async () => {
          const [again] = (await letters()).letters;
          return again!.attempts > 1;
        });

        await running.get('sync')!.stop();
        await startRole('sync', { TAKES_TEXT: '1' });
        await until('nothing waits', async () => (await letters()).letters.length === 0);
        await until('its key is read from the read model', async () => {
          const read = await app.ask('GET', 7, 'reader');
          expect(read.value).toBe(behind.value);
          return read.from === 'candidate';
        });
        const told = await runSql(
          app.databases.target.url,
          'SELECT sum(told)::int AS told FROM rm_counter_told_v1.counter_told',
        );
        const written = await runSql(app.databases.legacy.url, 'SELECT last_value::int AS told FROM outbox_id_seq');
        expect(told).toEqual(written);
      } finally {
        for (const fig of running.values()) await fig[Symbol.asyncDispose]();
        await app[Symbol.asyncDispose]();
        for (const folder of folders) await rm(folder, { recursive: true, force: true });
      }
    },
  );
});
