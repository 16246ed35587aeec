import { expect, test } from 'vitest';
import { z } from 'zod';
import { changedKeys } from '../../src/config/config-changes.ts';
import { defineFeature } from '../../src/config/feature-definition.ts';
import { readModelFingerprint } from '../../src/config/fingerprint.ts';
import { defineMigration, type MigrationDefinition } from '../../src/config/migration-definition.ts';
import { normalizeConfig } from '../../src/config/normalize-config.ts';
import type { EventReadModelDefinition } from '../../src/config/event-read-model.ts';
import { defineReadModel } from '../../src/config/read-model-definition.ts';

const legacy = { url: 'http://127.0.0.1:3000' };
const types = { OrderCancelled: z.object({ why: z.string() }), 'com.example.paid': z.object({}) };
const outbox = { table: 'outbox', id: 'id', type: 'type', key: 'about', data: 'data' };

const cancelled = defineReadModel({
  name: 'cancelled',
  version: 1,
  key: 'id',
  table: (t) => void t.text('id').primary(),
  sources: { orders: { key: 'number' } },
  on: {
    orders: async (change, tx) => void (await tx('cancelled').insert({ id: change.table })),
    OrderCancelled: async (event, tx) => void (await tx('cancelled').insert({ id: event.key })),
  },
});

const featured = (readModel: EventReadModelDefinition, domainEvents: object | undefined): MigrationDefinition =>
  defineMigration({
    legacy,
    domainEvents: domainEvents as MigrationDefinition['domainEvents'],
    features: [defineFeature({ name: 'orders', readModel, queries: { 'GET /orders': () => undefined } })],
  });

const modelOf = (domainEvents: object): EventReadModelDefinition =>
  normalizeConfig(featured(cancelled, domainEvents), 'fig.config.ts').features[0]!
    .readModel as EventReadModelDefinition;

test('a read model with handlers of events follows the tables that events come from, each by its own key', () => {
  const translate = {
    orders: () => undefined,
    payments: { key: ['a', 'b'], change: () => undefined },
    parcels: { types: ['com.example.paid'], change: () => undefined },
  };
  const model = modelOf({ types, outbox, messages: { prefix: 'app' }, translate });
  expect(model.sources).toEqual({
    orders: { key: 'number' },
    outbox: { key: 'id' },
    payments: { key: ['a', 'b'] },
  });
  expect(Object.keys(model.on)).toEqual(['orders']);
  expect(model.events).toMatchObject({
    handlers: { OrderCancelled: cancelled.on['OrderCancelled'] },
    outbox: { source: 'public.outbox', columns: { id: 'id', type: 'type', key: 'about', data: 'data' } },
    messagePrefix: 'app',
    translate: { 'public.orders': translate.orders, 'public.payments': translate.payments.change },
  });
});

test('a read model is made anew when its events come from elsewhere, and not when a schema says something else', () => {
  const first = readModelFingerprint(modelOf({ types, outbox }));
  expect(readModelFingerprint(modelOf({ types: { ...types, OrderCancelled: z.object({}) }, outbox }))).toBe(first);
  expect(readModelFingerprint(modelOf({ types, outbox: { ...outbox, key: 'other' } }))).not.toBe(first);
  expect(readModelFingerprint(modelOf({ types, messages: { prefix: 'app' } }))).not.toBe(first);
});

test('a read model without handlers of events is what it was', () => {
  const plain = { ...cancelled, on: { orders: cancelled.on['orders']! } };
  const config = normalizeConfig(featured(plain, { types, outbox }), 'fig.config.ts');
  expect(config.features[0]!.readModel).toBe(plain);
});

test.each([
  [
    'a name that is neither',
    { types: { OrderCanceled: z.object({}) }, outbox },
    /readModel\.on\.OrderCancelled: one of the tables in sources or of domainEvents\.types \(did you mean "OrderCanceled"\?\)/,
  ],
  ['no events at all', undefined, /readModel\.on\.OrderCancelled: one of the tables in sources/],
  [
    'no schema',
    { types: { OrderCancelled: { why: 'string' } } },
    /domainEvents\.types\.OrderCancelled: a schema with safeParse/,
  ],
  ['an unknown column', { types, outbox: { ...outbox, payload: 'x' } }, /domainEvents\.outbox: unknown: "payload"/],
  [
    'our own prefix',
    { types, messages: { prefix: 'strangler-fig' } },
    /domainEvents\.messages\.prefix: another prefix/,
  ],
])('is refused: %s', (_what, domainEvents, message) => {
  expect(() => normalizeConfig(featured(cancelled, domainEvents), 'fig.config.ts')).toThrow(message);
});

test('what is published goes to the brokers of events, or to its own', () => {
  const publish = { topic: 'shop.events', format: 'cloudevents' };
  const normalized = (more: object, events: object) => {
    const migration = featured(cancelled, { types, outbox, publish: { ...publish, ...more } });
    return normalizeConfig({ ...migration, ...events }, 'fig.config.ts').publish;
  };
  const kafka = { events: { via: 'kafka', brokers: ['one:9092'], security: { tls: true } } };
  expect(normalized({}, kafka)).toMatchObject({
    brokers: ['one:9092'],
    security: { tls: {} },
    source: '/main',
    aggregateType: 'main',
    history: false,
  });
  expect(normalized({ brokers: ['two:9092'] }, kafka)).toMatchObject({
    brokers: ['two:9092'],
    security: { tls: undefined },
  });
  expect(() => normalized({}, {})).toThrow(/domainEvents\.publish\.brokers is missing/);
  expect(() => normalized({ format: 'avro' }, kafka)).toThrow(/domainEvents\.publish\.format/);
});

test('schemas that refer to themselves are no part of what two configs are compared by', () => {
  const type: z.ZodType = z.object({
    get parts() {
      return z.array(type);
    },
  });
  const publish = { topic: 'shop.events', format: 'cloudevents', brokers: ['one:9092'] };
  const of = (translation: () => undefined) =>
    normalizeConfig(
      featured(cancelled, { types: { ...types, type }, publish, translate: { orders: translation } }),
      'fig.config.ts',
    );
  const config = of(() => undefined);
  expect(changedKeys(config, config)).toEqual([]);
  const other = of(() => {
    return undefined;
  });
  expect(changedKeys(config, other)).toContain('publish.domainEvents.translate.orders');
});
