import { expect, test } from 'vitest';
import { FigError } from '../../../../src/kernel/fig-error.ts';
import { kafkaError } from '../../../../src/sync/kafka/client/kafka-error.ts';

const named = (name: string, message: string, more: object = {}): Error =>
  Object.assign(new Error(message), { name, ...more });

test.each([
  [named('KafkaJSConnectionError', 'Connection error: connect ECONNREFUSED'), 'FIG_KAFKA_UNREACHABLE'],
  [named('KafkaJSConnectionError', 'x', { code: 'SELF_SIGNED_CERT_IN_CHAIN' }), 'FIG_KAFKA_REFUSED'],
  [named('KafkaJSConnectionError', 'x', { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }), 'FIG_KAFKA_REFUSED'],
  [named('KafkaJSSASLAuthenticationError', 'x'), 'FIG_KAFKA_REFUSED'],
  [named('KafkaJSProtocolError', 'x', { type: 'TOPIC_AUTHORIZATION_FAILED' }), 'FIG_KAFKA_REFUSED'],
  [named('KafkaJSProtocolError', 'x', { type: 'UNKNOWN_TOPIC_OR_PARTITION' }), 'FIG_KAFKA_TOPIC'],
  [named('KafkaJSProtocolError', 'x', { type: 'MESSAGE_TOO_LARGE' }), 'FIG_KAFKA_TOPIC'],
  [named('KafkaJSProtocolError', 'x', { type: 'UNKNOWN_SERVER_ERROR' }), 'FIG_KAFKA_FAILED'],
  [named('KafkaJSNotImplemented', 'ZSTD compression not implemented'), 'FIG_KAFKA_COMPRESSION'],
  [named('TypeError', 'x'), 'FIG_KAFKA_FAILED'],
  ['a text', 'FIG_KAFKA_FAILED'],
])('%j is %s', (thrown, code) => {
  expect(kafkaError(thrown, 'do it')).toMatchObject({ code });
});

test('what caused it decides, and is told once', () => {
  const cause = named('KafkaJSProtocolError', 'not authorised', { type: 'GROUP_AUTHORIZATION_FAILED' });
  const around = named('KafkaJSNumberOfRetriesExceeded', 'not authorised', { cause });
  const several = Object.assign(new Error('one of several'), { name: 'KafkaJSAggregateError', errors: [around] });
  expect(kafkaError(several, 'read')).toMatchObject({
    code: 'FIG_KAFKA_REFUSED',
    message: 'could not read: one of several: not authorised',
  });
});

test('an error of ours stays as it is', () => {
  const ours = new FigError('FIG_CERTIFICATE_INVALID', 'no key');
  expect(kafkaError(ours, 'connect')).toBe(ours);
});

test('a broker that hangs up may expect TLS or a login', () => {
  const closed = named('KafkaJSConnectionClosedError', 'Closed connection');
  expect(kafkaError(closed, 'connect').remedy).toContain('TLS');
  expect(kafkaError(named('KafkaJSConnectionError', 'ECONNREFUSED'), 'connect').remedy).not.toContain('TLS');
});
