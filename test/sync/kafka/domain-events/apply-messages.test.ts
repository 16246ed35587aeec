import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Knex } from 'knex';
import { DeadLetterStore } from '../../../../src/store/dead-letter-store.ts';
import type { RawMessage } from '../../../../src/store/parked-message-store.ts';
import { ProjectionStore } from '../../../../src/store/projection-store.ts';
import { readModelNames } from '../../../../src/store/read-model-names.ts';
import { TopicStore } from '../../../../src/store/topic-store.ts';
import { OwnTables } from '../../../../src/sync/handlers/own-tables.ts';
import { MessageApplier, TakenOver } from '../../../../src/sync/kafka/domain-events/apply-messages.ts';
import { EventGiver } from '../../../../src/sync/kafka/domain-events/event-giver.ts';
import { openTarget } from '../../../../src/sync/open-target.ts';
import { createStoreDatabase, type TestDatabase } from '../../../support/test-database.ts';
import { makeDue } from '../../poison.ts';
import { eventTypes, isBroken, sumModel } from './sum-model.ts';
import { cloud, paid } from './topic-world.ts';

const topic = 'payments';
const definition = sumModel(topic);
const { projection, schema } = readModelNames(definition);
const letters = new DeadLetterStore();

let store: TestDatabase;
let target: Knex;
let applier: MessageApplier;
let offset: bigint;

beforeAll(async () => {
  store = await createStoreDatabase();
  target = openTarget(store.url);
});

beforeEach(async () => {
  isBroken.now = true;
  offset = 0n;
  const projections = new ProjectionStore();
  const epoch = (await projections.claim(target, projection, (await projections.find(target, projection))?.epoch))!;
  await target.transaction(async (tx) => {
    const start = { name: projection, fingerprint: 'x', position: 0n, timeline: 0, sources: new Map(), epoch };
    await projections.restart(tx, start);
    await tx.raw(`DROP SCHEMA IF EXISTS ${schema} CASCADE; CREATE SCHEMA ${schema}`);
    await new OwnTables(schema, definition).create(tx);
    await new TopicStore().begin(tx, projection, { topic, partition: 0, next: 0n });
  });
  const access = { brokers: [], security: { tls: undefined, sasl: undefined } };
  const rules = { ...access, topic, format: 'cloudevents', from: 'beginning', ignore: new Set<string>() } as const;
  const giver = new EventGiver({ definition, schema, types: eventTypes, topics: new Map([[topic, rules]]) });
  applier = new MessageApplier({ target, projection, epoch, giver });
});

afterAll(async () => {
  await target.destroy();
  await store[Symbol.asyncDispose]();
});

type Sent = ReturnType<typeof cloud>;

/** As a chunk that follows what was applied before. */
async function apply(messages: readonly Sent[], mayWait = true): Promise<boolean> {
  const from = offset;
  const raw = messages.map(({ key, value, headers }): RawMessage => {
    const bytes = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const);
    return { topic, partition: 0, offset: offset++, key, value, headers: new Map(bytes), timestampMs: 1 };
  });
  return applier.apply({ topic, partition: 0, from, next: offset, messages: raw }, mayWait);
}

async function history(): Promise<readonly string[]> {
  const rows: { account: string; amount: string }[] = await target(`${schema}.history`).orderBy('n');
  return rows.map(({ account, amount }) => `${account} ${amount}`);
}

async function waiting(): Promise<readonly unknown[]> {
  const found = await letters.list(target, [projection]);
  return found.map(({ sourceKey, changesSince }) => [sourceKey, changesSince]);
}

const refused = (key: string, amount: number): Sent => cloud(paid(key, amount, { type: 'Refused' }));
const unreadable = (key: string | null): Sent => {
  const sent = cloud(paid(key ?? 'x', 1));
  return { ...sent, key: key === null ? null : Buffer.from(key), value: Buffer.from('{') };
};

test('an event that comes again is left out, in the same chunk and in a later one', async () => {
  const twice = cloud(paid('a', 1));
  await apply([twice, twice, cloud(paid('a', 2))]);
  await apply([twice]);
  expect(await history()).toEqual(['a 1', 'a 2']);
});

test('what follows an event that is not taken waits for it, in the same chunk and in later ones', async () => {
  expect(await apply([cloud(paid('a', 1)), refused('a', 2), cloud(paid('a', 3)), cloud(paid('b', 10))], false)).toBe(
    true,
  );
  expect(await apply([cloud(paid('a', 4)), cloud(paid('b', 11))])).toBe(true);
  expect(await apply([cloud(paid('b', 12))])).toBe(false);
  expect(await history()).toEqual(['a 1', 'b 10', 'b 11', 'b 12']);
  expect(await waiting()).toEqual([[['a'], 2]]);
  isBroken.now = false;
  await makeDue(target);
  expect(await applier.mend()).toBe(true);
  expect(await history()).toEqual(['a 1', 'b 10', 'b 11', 'b 12', 'a 2', 'a 3', 'a 4']);
  expect(await waiting()).toEqual([]);
  expect(await applier.mend()).toBe(false);
});

test('a later event that is not taken either keeps what follows it, and is tried as if it were new', async () => {
  await apply([unreadable('a'), cloud(paid('a', 1)), refused('a', 2), cloud(paid('a', 3))]);
  for (let tries = 0; tries < 3; tries += 1) {
    await makeDue(target);
    await applier.mend();
  }
  const [letter] = await letters.list(target, [projection]);
  expect(letter).toMatchObject({ code: 'FIG_EVENT_REFUSED', changesSince: 3 });
  expect(letter!.attempts).toBeGreaterThan(2);
  // As when an operator discards the first.
  await target.raw('DELETE FROM fig.parked_message WHERE "offset" = 0');
  await makeDue(target);
  await applier.mend();
  expect(await history()).toEqual(['a 1']);
  const [next] = await letters.list(target, [projection]);
  expect(next).toMatchObject({ code: 'Error', changesSince: 1 });
  const soon = await target('fig.dead_letter').whereRaw(`next_at <= last_at + interval '1 second'`);
  expect(soon).toHaveLength(1);
});

test('events of one key are one queue, also those that cannot be read, and one without a key keeps nobody', async () => {
  await apply([unreadable('a'), unreadable(null), unreadable(null), cloud(paid('a', 1)), cloud(paid('b', 10))]);
  expect(await history()).toEqual(['b 10']);
  expect(await waiting()).toEqual([
    [['a'], 1],
    [['0/1'], 0],
    [['0/2'], 0],
  ]);
});

test('what was read by another process meanwhile is applied by none', async () => {
  await apply([cloud(paid('a', 1))]);
  offset = 0n;
  await expect(apply([cloud(paid('a', 2))])).rejects.toThrow(TakenOver);
  expect(await history()).toEqual(['a 1']);
});
