import { expect, test } from 'vitest';
import { z } from 'zod';
import { normalizeConfig } from '../../src/config/normalize-config.ts';
import { defineReadModel } from '../../src/config/read-model-definition.ts';
import { isCaptured, isFromTopics, isHandled } from '../../src/config/read-model-kinds.ts';

const table = (): void => undefined;
const paid = async (): Promise<void> => undefined;
const model = (more: object = {}) => ({
  ...defineReadModel({ name: 'account', version: 1, key: 'id', table, topics: ['payments'], on: { Paid: paid } }),
  ...more,
});
const topic = { topic: 'payments', format: 'cloudevents', brokers: ['kafka:9092'] };

interface Given {
  readonly readModel?: object;
  readonly domainEvents?: object;
  readonly events?: object;
}

function load({
  readModel = model(),
  domainEvents = { types: { Paid: z.object({}) }, topics: [topic] },
  ...more
}: Given = {}) {
  const features = [{ name: 'accounts', readModel, queries: { 'GET /accounts': () => undefined } }];
  return normalizeConfig({ legacy: { url: 'http://legacy' }, features, domainEvents, ...more }, 'fig.config.ts', {
    KAFKA_PASSWORD: 'from the environment',
  });
}

test('a read model of topics needs no legacy database, is kept by no capture, and reads from the beginning', () => {
  const { domainTopics, features } = load();
  const { readModel } = features[0]!;
  expect(readModel && [isFromTopics(readModel), isCaptured(readModel), isHandled(readModel)]).toEqual([
    true,
    false,
    false,
  ]);
  expect(domainTopics?.topics.get('payments')).toMatchObject({ from: 'beginning', brokers: ['kafka:9092'] });
});

test('topics have the brokers of events where they name none, and its security with them', () => {
  const security = { tls: true, sasl: { mechanism: 'plain', username: 'fig', password: 'from the environment' } };
  const events = { via: 'kafka', brokers: ['kafka:9093'], security };
  const { brokers: _, ...bare } = topic;
  const found = load({ events, domainEvents: { types: { Paid: z.object({}) }, topics: [bare] } });
  expect(found.domainTopics?.topics.get('payments')).toMatchObject({
    brokers: ['kafka:9093'],
    security: { sasl: { username: 'fig' } },
  });
  const others = load({ events });
  expect(others.domainTopics?.topics.get('payments')?.security).toEqual({ tls: undefined, sasl: undefined });
});

const inTopics = (more: object) => ({
  domainEvents: { types: { Paid: z.object({}) }, topics: [{ ...topic, ...more }] },
});

test.each([
  ['a topic that is not declared', { readModel: model({ topics: ['payment'] }) }, /topics .* "payment".*payments/],
  ['a type that is not declared', { readModel: model({ on: { Paids: paid } }) }, /Paids.*Paid\b/],
  ['sources beside topics', { readModel: model({ sources: { orders: { key: 'id' } } }) }, /no sources|unknown|rror/],
  ['no handler', { readModel: model({ on: {} }) }, /a handler for at least one type/],
  ['no brokers anywhere', inTopics({ brokers: undefined }), /domainEvents\.topics \(payments\)\.brokers is missing/],
  ['a format that is none', inTopics({ format: 'avro' }), /format/],
  ['a topic twice', { domainEvents: { types: { Paid: z.object({}) }, topics: [topic, topic] } }, /each topic once/],
  ['a type without a schema', { domainEvents: { types: { Paid: {} }, topics: [topic] } }, /safeParse/],
  [
    'a password that is written down',
    inTopics({ security: { tls: true, sasl: { mechanism: 'plain', username: 'fig', password: 'secret' } } }),
    /domainEvents\.topics \(payments\)\.security\.sasl\.password is not the value of an environment variable/,
  ],
])('%s is refused', (_name, given, message) => {
  expect(() => load(given)).toThrow(message);
});
