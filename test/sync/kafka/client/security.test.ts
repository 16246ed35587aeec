import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBroker, type Broker } from '../../../../examples/kafka/broker.ts';
import type { KafkaSasl, KafkaTls } from '../../../../src/config/events-definition.ts';
import { Secret } from '../../../../src/config/secret.ts';
import type { Log } from '../../../../src/kernel/log.ts';
import { describeError } from '../../../../src/kernel/fig-error.ts';
import { createLog } from '../../../../src/observe/log.ts';
import { KafkaConnection } from '../../../../src/sync/kafka/client/kafka-connection.ts';
import { describeWithKafka, uniqueTopic } from '../../../support/kafka-server.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`../../../fixtures/tls/${name}`, import.meta.url));
const pem = (name: string): string => readFileSync(fixture(name), 'utf8');
const ca = fixture('ca.cert.pem');
const password = 'the-password-of-fig';
const lines: string[] = [];
const log: Log = createLog({ level: 'debug', pretty: false, write: (line) => void lines.push(line) });

/** A token without a signature, which the broker is told to believe (RFC 7519 section 6). */
function unsignedToken(subject: string): string {
  const now = Math.floor(Date.now() / 1_000);
  const parts = [{ alg: 'none' }, { sub: subject, iat: now - 1, exp: now + 600 }];
  return `${parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
}

const login = (
  mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512',
  username = 'fig',
  given = password,
): KafkaSasl => ({
  mechanism,
  username,
  password: new Secret(given),
});

const through = (address: string, tls: KafkaTls | undefined, sasl?: KafkaSasl): KafkaConnection =>
  new KafkaConnection({ brokers: [address], security: { tls, sasl } }, log);

async function writeAndRead(kafka: KafkaConnection): Promise<string | undefined> {
  const topic = uniqueTopic();
  await using admin = await kafka.admin();
  await admin.createTopic({ topic, partitions: 1, replicationFactor: 1, settings: {} });
  await using producer = await kafka.producer();
  await producer.send(topic, [{ partition: 0, key: null, value: Buffer.from('secret'), headers: {} }]);
  await using reader = await kafka.reader(topic, 0);
  const { messages } = await reader.read(0n, 0);
  return messages[0]?.value?.toString();
}

describeWithKafka('a broker that lets in only whom it knows', () => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await startBroker({
      security: {
        ca: pem('ca.cert.pem'),
        cert: pem('server.cert.pem'),
        key: pem('server.key.pem'),
        users: [
          { name: 'fig', password, isAdmin: true },
          { name: 'stranger', password, isAdmin: false },
        ],
        certificates: ['CN=visitor'],
      },
    });
  }, 300_000);
  afterAll(() => broker?.stop());

  test('lets us in by a client certificate', async () => {
    const tls = { ca, cert: fixture('client.cert.pem'), key: fixture('client.key.pem') };
    expect(await writeAndRead(through(broker.tlsAddress, tls))).toBe('secret');
  });

  test.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('lets us in by a password: %s', async (mechanism) => {
    expect(await writeAndRead(through(broker.loginAddress, { ca }, login(mechanism)))).toBe('secret');
  });

  test('lets us in by a token', async () => {
    const sasl: KafkaSasl = { mechanism: 'oauthbearer', token: async () => unsignedToken('fig') };
    expect(await writeAndRead(through(broker.loginAddress, { ca }, sasl))).toBe('secret');
  });

  // Side by side: what is refused is tried again for a while.
  test.concurrent.each([
    ['without the certificate', (): KafkaConnection => through(broker.tlsAddress, { ca })],
    ['with a wrong password', () => through(broker.loginAddress, { ca }, login('scram-sha-512', 'fig', 'wrong'))],
    ['with a wrong password in the clear', () => through(broker.loginAddress, { ca }, login('plain', 'fig', 'wrong'))],
    ['as nobody it knows', () => through(broker.loginAddress, { ca }, login('scram-sha-256', 'nobody'))],
    [
      'with a token that has ended',
      () => through(broker.loginAddress, { ca }, { mechanism: 'oauthbearer', token: async () => 'e30.e30.' }),
    ],
    ['whose authority we do not know', () => through(broker.loginAddress, {}, login('plain'))],
    [
      'whose certificate is for another name',
      () => through(broker.loginAddress, { ca, servername: 'other.example' }, login('plain')),
    ],
  ])('is not spoken to: %s', async (_, connection) => {
    await expect(connection().admin()).rejects.toMatchObject({ code: 'FIG_KAFKA_REFUSED' });
    await expect(connection().producer()).rejects.toMatchObject({ code: 'FIG_KAFKA_REFUSED' });
  });

  test('does not answer who speaks without TLS, and that is no refusal that is told', { timeout: 60_000 }, async () => {
    await expect(through(broker.loginAddress, undefined, login('plain')).admin()).rejects.toMatchObject({
      code: expect.stringMatching(/^FIG_KAFKA_(UNREACHABLE|REFUSED)$/),
    });
  });

  test('tells whoever it lets in, but who has no right, that it is refused', async () => {
    const topic = uniqueTopic();
    const owner = through(broker.loginAddress, { ca }, login('scram-sha-512'));
    {
      await using admin = await owner.admin();
      await admin.createTopic({ topic, partitions: 1, replicationFactor: 1, settings: {} });
    }
    const stranger = through(broker.loginAddress, { ca }, login('scram-sha-512', 'stranger'));
    await using admin = await stranger.admin();
    await expect(
      admin.createTopic({ topic: uniqueTopic(), partitions: 1, replicationFactor: 1, settings: {} }),
    ).rejects.toMatchObject({ code: 'FIG_KAFKA_REFUSED' });
    await expect(admin.describeTopic(topic)).rejects.toMatchObject({ code: 'FIG_KAFKA_REFUSED' });
    await expect(stranger.reader(topic, 0)).rejects.toMatchObject({ code: 'FIG_KAFKA_REFUSED' });
  });

  test('a certificate that cannot be read is told before anything is asked', () => {
    expect(() => through(broker.tlsAddress, { ca: fixture('none.pem') })).toThrow(/none\.pem cannot be read/);
  });

  test('no password and no token is in the log or in an error', async () => {
    const token = unsignedToken('nobody-at-all');
    const refused = [
      through(broker.loginAddress, { ca }, login('plain', 'fig', 'wrong-password')),
      through(broker.loginAddress, { ca }, login('scram-sha-256', 'fig', 'wrong-password')),
      through(broker.loginAddress, { ca }, { mechanism: 'oauthbearer', token: async () => `${token}x` }),
    ];
    const told = await Promise.all(
      refused.map((kafka) =>
        kafka.admin().then(
          () => 'let in',
          (error: unknown) => describeError(error),
        ),
      ),
    );
    const text = [...told, ...lines].join('\n');
    expect(lines.length).toBeGreaterThan(10);
    for (const secret of [password, 'wrong-password', token]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(Buffer.from(secret).toString('base64'));
    }
  });
});
