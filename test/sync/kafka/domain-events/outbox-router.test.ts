import type { Knex } from 'knex';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { EventTypes } from '../../../../src/config/event-types.ts';
import { readModelFingerprint } from '../../../../src/config/fingerprint.ts';
import { defineReadModel } from '../../../../src/config/read-model-definition.ts';
import { silentLog } from '../../../../src/kernel/log.ts';
import { clockOf } from '../../../../src/sync/batch/batch-clock.ts';
import { StoreClock } from '../../../../src/sync/batch/store-clock.ts';
import { TopicReadModel } from '../../../../src/sync/kafka/domain-events/topic-read-model.ts';
import { describeWithKafka, uniqueTopic } from '../../../support/kafka-server.ts';
import { plainAccess } from '../../../support/kafka-settings.ts';
import { useOwnConnect } from '../../../support/own-connect.ts';
import { until } from '../../../support/until.ts';
import { fenced, heard, heardBy, listen, types as otherTypes } from '../../domain-events/heard-model.ts';
import { setupSync } from '../../fixtures.ts';
import { PostgresConnector } from '../debezium/postgres-connector.ts';

const outboxTable = `CREATE TABLE outbox (seq bigserial PRIMARY KEY, id uuid NOT NULL DEFAULT gen_random_uuid(),
  aggregatetype text NOT NULL DEFAULT 'order', aggregateid text, type text NOT NULL DEFAULT 'Told', payload jsonb,
  at timestamp(3) NOT NULL DEFAULT '2024-02-29 12:34:56.789', traceparent text DEFAULT '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01')`;
const outbox = { table: 'outbox', id: 'id', type: 'type', key: 'aggregateid', data: 'payload', at: 'at' };

const json = 'org.apache.kafka.connect.json.JsonConverter';
const text = 'org.apache.kafka.connect.storage.StringConverter';
const inHeaders = { 'fields.additional.placement': 'type:header:eventType,traceparent:header' };
const expanded = { 'expand.json.payload': 'true' };
const timed = { 'field.event.timestamp': 'at' };

interface Routed {
  /** Of the router, without `table.`. */
  readonly router: Readonly<Record<string, string>>;
  readonly connector?: Readonly<Record<string, string>>;
  readonly isExpanded?: boolean;
}

const ways: Readonly<Record<string, Routed>> = {
  as_it_comes: { router: inHeaders },
  expanded_without_schemas: {
    router: { ...inHeaders, ...expanded, ...timed },
    connector: {
      'key.converter': json,
      'key.converter.schemas.enable': 'false',
      'value.converter': json,
      'value.converter.schemas.enable': 'false',
    },
    isExpanded: true,
  },
  expanded_in_an_envelope: {
    router: { 'fields.additional.placement': 'type:envelope:eventType,traceparent:header', ...expanded, ...timed },
    connector: { 'header.converter': json },
    isExpanded: true,
  },
  as_text_with_tombstones: {
    router: { ...inHeaders, ...timed },
    connector: {
      'key.converter': text,
      'value.converter': text,
      'transforms.outbox.route.tombstone.on.empty.payload': 'true',
    },
  },
};

/** What Debezium's expansion changes: nulls and empty lists are left out. Parts are in the order in which a jsonb has them. */
const changed = { before: { left: 1, none: [], nothing: null }, after: { left: 1 } };

describeWithKafka("the topics of Debezium's outbox router", () => {
  const ownConnect = useOwnConnect();

  test(
    'have the events that the log has, whichever way they are written, also after the connector was killed',
    { timeout: 180_000 },
    async () => {
      const { broker, connect } = ownConnect();
      await using setup = await setupSync();
      const { legacy, target } = setup;
      await legacy.raw(outboxTable);
      await legacy.raw('CREATE PUBLICATION routed FOR TABLE outbox');
      const clock = new StoreClock(setup.targetUrl, silentLog);
      const topics = new Map(Object.keys(ways).map((name) => [name, uniqueTopic('routed')]));
      const connectors: PostgresConnector[] = [];
      for (const [name, way] of Object.entries(ways)) {
        connectors.push(await startRouter(setup.legacyUrl, connect.url, topics.get(name)!, way));
      }
      const told = { ...otherTypes, Told: z.unknown() };
      const capture = setup.startCapture({
        readModels: [heard({ outbox: { ...outbox, primaryKey: 'seq' }, types: told }, { on: { Told: listen } })],
      });
      await fenced(capture);
      await writeEvents(legacy);
      const readModels = Object.keys(ways).map((name) =>
        startReading(name, { broker, topic: topics.get(name)! }, setup, clock),
      );
      try {
        await connect.halt('unclean');
        for (let n = 0; n < 20; n += 1) await tell(legacy, String(n % 3), { n });
        await connect.start();
        for (const connector of connectors) await connector.again();
        await tell(legacy, 'last', {});
        await fenced(capture);
        const ofLog = await heardBy(target);
        expect(ofLog.length).toBe(30);
        for (const [name, { isExpanded = false, router }] of Object.entries(ways)) {
          await until(`everything is read ${name}`, async () => {
            const found = await routedTo(target, name);
            if (found.some(({ key }) => key === 'last')) return true;
            throw new Error(`${JSON.stringify(found.at(-1))} ${connect.log().slice(-500)}`);
          });
          const withTime = router['field.event.timestamp'] !== undefined;
          const expected = ofLog.map(({ id, key, data, at }) => ({
            id,
            key,
            data: isExpanded && JSON.stringify(data) === JSON.stringify(changed.before) ? changed.after : data,
            at: withTime ? at : undefined,
          }));
          const found = (await routedTo(target, name)).map((event) => ({
            ...event,
            at: withTime ? event.at : undefined,
          }));
          expect(found, name).toEqual(expected);
        }
        for (const each of readModels) expect(each.letters().count).toBe(0);
      } finally {
        await Promise.all(readModels.map((each) => each.stop()));
        await clock[Symbol.asyncDispose]();
        for (const connector of connectors) await connector[Symbol.asyncDispose]();
      }
    },
  );
});

async function startRouter(
  url: string,
  connect: string,
  topic: string,
  { router, connector = {} }: Routed,
): Promise<PostgresConnector> {
  const ofTable = Object.entries(router).map(([name, value]) => [`transforms.outbox.table.${name}`, value] as const);
  const properties = {
    transforms: 'outbox',
    'transforms.outbox.type': 'io.debezium.transforms.outbox.EventRouter',
    'transforms.outbox.route.topic.replacement': topic,
    ...Object.fromEntries(ofTable),
    ...connector,
  };
  return PostgresConnector.start(url, 'routed', properties, { connect });
}

async function tell(legacy: Knex, key: string, payload: unknown): Promise<void> {
  await legacy('outbox').insert({ aggregateid: key, payload: JSON.stringify(payload) });
}

/** Nine events, and what is none. */
async function writeEvents(legacy: Knex): Promise<void> {
  await tell(legacy, '4711', {
    id: 1,
    note: 'Grüße "x" \\ \n',
    nested: { a: { b: [{ x: 1 }, { x: 2 }] } },
    price: 12.5,
  });
  await tell(legacy, '4711', {});
  await legacy.raw(
    `INSERT INTO outbox (aggregateid, payload) VALUES ('4711', '{"big": 9007199254740993, "more": 1.10}'), ('4712', NULL)`,
  );
  await tell(legacy, '4711', changed.before);
  await tell(legacy, 'a "quoted" {key}', { key: 'is quoted' });
  await legacy.transaction(async (tx) => {
    await tell(tx, 'gone at once', { mixed: [1, 'a', null] });
    await tell(tx, 'a', { text: '{"looks": "like JSON"}' });
    await tx('outbox').delete();
    await tx('outbox').insert({ aggregateid: 'a', payload: JSON.stringify('only text'), traceparent: null });
  });
  await legacy('outbox').update({ payload: '{"is": "no event"}' });
  const undone = legacy.transaction(async (tx) => {
    await tell(tx, 'a', { is: 'rolled back' });
    throw new Error('rolled back');
  });
  await expect(undone).rejects.toThrow('rolled back');
  await legacy('outbox').delete();
}

function startReading(
  name: string,
  { broker, topic }: { readonly broker: string; readonly topic: string },
  { target, targetUrl }: { readonly target: Knex; readonly targetUrl: string },
  clock: StoreClock,
): TopicReadModel {
  const definition = defineReadModel({
    name,
    version: 1,
    key: 'seq',
    table: (t) => {
      t.bigIncrements('seq');
      t.text('id');
      t.text('key');
      t.timestamp('at');
      t.json('data');
    },
    topics: [topic],
    on: {
      Told: async ({ id, key, at, data }, tx) => {
        await tx(name).insert({ id, key, at, data: JSON.stringify(data) });
      },
    },
  });
  return new TopicReadModel({
    definition,
    fingerprint: readModelFingerprint(definition),
    migration: 'test',
    topics: [{ ...plainAccess(broker), topic, format: 'debezium-outbox', from: 'beginning', ignore: new Set() }],
    types: new EventTypes({ Told: z.unknown() }),
    target,
    storeUrl: targetUrl,
    clock: clockOf(clock, () => 'store'),
    maxLetters: 10,
    log: silentLog,
    onPosition: () => undefined,
    onParked: () => undefined,
  });
}

async function routedTo(target: Knex, name: string) {
  const rows: Record<string, string | null>[] = await target(`rm_${name}_v1.${name}`)
    .orderBy('seq')
    .catch(() => []);
  return rows.map(({ id, key, at, data }) => ({
    id: id!,
    key: key!,
    data: data === null || data === undefined ? undefined : (JSON.parse(data) as unknown),
    at: at ?? null,
  }));
}
