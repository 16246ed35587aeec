import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { changedKeys } from '../../src/config/config-changes.ts';
import { normalizeConfig } from '../../src/config/normalize-config.ts';

const env = { KAFKA_PASSWORD: 'pass-word-of-kafka' };
const normalize = (events?: object, more: object = {}) =>
  normalizeConfig(
    { legacy: { url: 'http://legacy.internal' }, ...(events && { events }), ...more },
    'fig.config.ts',
    env,
  );
const kafka = (more: object) => ({ via: 'kafka', brokers: ['kafka:9092'], ...more });
const login = { mechanism: 'scram-sha-512', username: 'fig', password: env.KAFKA_PASSWORD };

test('without a word, changes are projected by the process that captures them', () => {
  expect(normalize().events).toEqual({ via: 'direct' });
  expect(normalize({ via: 'direct' }).events).toEqual({ via: 'direct' });
});

test('a topic is named after the migration, has one partition and is made', () => {
  expect(normalize(kafka({}), { name: 'shop' }).events).toEqual({
    via: 'kafka',
    brokers: ['kafka:9092'],
    topic: 'fig.shop.changes',
    partitions: 1,
    createTopic: true,
    replicationFactor: undefined,
    security: { tls: undefined, sasl: undefined },
  });
});

test('what is written is taken', () => {
  const tls = { ca: 'ca.pem', cert: 'fig.pem', key: 'fig.key', servername: 'kafka.internal' };
  const written = { topic: 'shop-changes', createTopic: false, replicationFactor: 2, security: { tls } };
  expect(normalize(kafka(written)).events).toMatchObject({ ...written, security: { tls, sasl: undefined } });
  const debezium = { via: 'debezium', brokers: ['[::1]:9092'], prefix: 'shop', connector: 'mysql' };
  const settings = { 'decimal.handling.mode': 'string' };
  expect(normalize({ ...debezium, settings, security: {} }).events).toMatchObject({ settings });
  expect(normalize({ ...debezium, security: { tls: true } }).events).toEqual({
    ...debezium,
    settings: {},
    security: { tls: {}, sasl: undefined },
  });
});

test('a password is given to who asks for it, and shown to nobody', () => {
  const { events } = normalize(kafka({ security: { sasl: login } }));
  if (events.via !== 'kafka' || events.security.sasl?.mechanism !== 'scram-sha-512')
    throw new Error('not what was written');
  const { password } = events.security.sasl;
  expect(password.reveal()).toBe(env.KAFKA_PASSWORD);
  const shown = [JSON.stringify(events), inspect(events, { depth: 9, showHidden: true }), String(password)];
  for (const text of shown) expect(text).not.toContain(env.KAFKA_PASSWORD);
});

test('a password that is written in the config is refused, and not repeated', () => {
  const written = kafka({ security: { sasl: { ...login, password: 'written-down' } } });
  expect(() => normalize(written)).toThrow(
    /events\.security\.sasl\.password is not the value of an environment variable/,
  );
  expect(() => normalize(written)).not.toThrow(/written-down/);
});

test('another transport is a change that needs a restart', () => {
  expect(changedKeys(normalize(), normalize(kafka({})))).toContain('events.via');
});

test.each([
  [{ via: 'kafkaa', brokers: [] }, /events\.via: one of direct, kafka, debezium \(did you mean "kafka"\?\)/],
  [{}, /events\.via: one of direct, kafka, debezium/],
  [{ via: 'kafka' }, /events\.brokers/],
  [{ via: 'kafka', brokers: [] }, /events\.brokers: at least one broker/],
  [kafka({ brokers: ['kafka://kafka:9092'] }), /events\.brokers\.0: host:port/],
  [kafka({ brokers: ['kafka'] }), /events\.brokers\.0: host:port/],
  [kafka({ topics: 'x' }), /events: unknown: "topics" \(did you mean "topic"\?\)/],
  [kafka({ topic: 'a b' }), /events\.topic: a name of letters/],
  [kafka({ topic: '..' }), /events\.topic: a name of letters/],
  [kafka({ partitions: 8 }), /events\.partitions: a topic has one partition.*run more `fig sync project`/],
  [kafka({ partitions: 0 }), /events\.partitions/],
  [kafka({ prefix: 'x' }), /events: unknown: "prefix"/],
  [kafka({ security: { tlss: true } }), /events\.security: unknown: "tlss" \(did you mean "tls"\?\)/],
  [kafka({ security: { tls: { cert: 'a' } } }), /events\.security\.tls.*cert and key go together/],
  [kafka({ security: { tls: { rejectUnauthorized: false } } }), /events\.security\.tls.*unknown: "rejectUnauthorized"/],
  [
    kafka({ security: { sasl: { ...login, mechanism: 'scram' } } }),
    /events\.security\.sasl\.mechanism: one of plain, scram-sha-256, scram-sha-512, oauthbearer/,
  ],
  [
    kafka({ security: { sasl: { ...login, password: undefined } } }),
    /events\.security\.sasl\.password: the value of an environment variable, such as env\.KAFKA_PASSWORD; it is not set/,
  ],
  [
    kafka({ security: { sasl: { ...login, mechanism: 'plain' } } }),
    /events\.security\.sasl: with this mechanism the secret travels as it is/,
  ],
  [{ via: 'debezium', brokers: ['a:1'], connector: 'mysql' }, /events\.prefix/],
  [{ via: 'debezium', brokers: ['a:1'], prefix: 'shop', connector: 'oracle' }, /events\.connector/],
])('refused with the key that is wrong: %j', (events, message) => {
  expect(() => normalize(events)).toThrow(message);
});

test('a password may travel as it is where that is said', () => {
  const sasl = { ...login, mechanism: 'plain' };
  expect(normalize(kafka({ security: { tls: false, sasl } })).events).toMatchObject({ security: { tls: undefined } });
});

test('what is proven of a feature does not depend on how its changes arrive', () => {
  const feature = {
    name: 'orders',
    routes: ['GET /orders'],
    candidate: 'http://orders.internal',
  };
  const fingerprint = (events: object) => normalize(events, { features: [feature] }).features[0]?.fingerprint;
  expect(fingerprint(kafka({}))).toBe(fingerprint({ via: 'direct' }));
});
