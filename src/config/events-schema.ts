import { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';
import { duration, durationMs } from './duration.ts';
import { callable } from './plain-schema.ts';
import { strict } from './strict-object.ts';

const transports = ['direct', 'kafka', 'debezium'];
const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'];
const text = z.string().min(1);
/** Visitors who wrote are with legacy for so long. */
const MAX_SETTLE_MS = 600_000;

export const brokers = z
  .array(z.string().regex(/^(\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}$/, 'host:port, such as "kafka-1.internal:9092"'))
  .min(1, 'at least one broker, as host:port');

/** Kafka's own rule for names; a dot alone would be a folder. */
export const topicName = z
  .string()
  .regex(/^(?!\.{1,2}$)[\w.-]{1,249}$/, 'a name of letters, digits, dots, dashes and underscores, at most 249');

const tls = z.union([
  z.boolean(),
  strict({ ca: text.optional(), cert: text.optional(), key: text.optional(), servername: text.optional() }).refine(
    (value) => (value.cert === undefined) === (value.key === undefined),
    { message: 'cert and key go together', path: ['cert'] },
  ),
]);

const password = z
  .string('the value of an environment variable, such as env.KAFKA_PASSWORD; it is not set')
  .min(1, 'the value of an environment variable, such as env.KAFKA_PASSWORD; it is empty');
const login = { username: z.string('a name').min(1, 'a name'), password };

const sasl = oneOf('mechanism', mechanisms, [
  strict({ mechanism: z.literal('plain'), ...login }),
  strict({ mechanism: z.literal('scram-sha-256'), ...login }),
  strict({ mechanism: z.literal('scram-sha-512'), ...login }),
  strict({ mechanism: z.literal('oauthbearer'), token: callable }),
]);

export const kafkaSecurity = strict({ tls: tls.optional(), sasl: sasl.optional() }).refine(
  ({ tls: encrypted, sasl: used }) =>
    encrypted !== undefined || used === undefined || !['plain', 'oauthbearer'].includes(used.mechanism),
  {
    message: 'with this mechanism the secret travels as it is: add tls: true, or tls: false where nobody can listen',
    path: ['sasl'],
  },
);

const partitions = z
  .number()
  .int()
  .min(1)
  .refine(
    (count) => count === 1,
    'a topic has one partition, which keeps transactions whole and in order: leave it out, and run more `fig sync project`, which share the read models',
  );

/** What `events` of a config may be. */
export const eventsSchema = oneOf('via', transports, [
  strict({ via: z.literal('direct') }),
  strict({
    via: z.literal('kafka'),
    brokers,
    topic: topicName.optional(),
    partitions: partitions.optional(),
    createTopic: z.boolean().optional(),
    replicationFactor: z.number().int().min(1).max(32_767).optional(),
    security: kafkaSecurity.optional(),
  }),
  strict({
    via: z.literal('debezium'),
    brokers,
    prefix: topicName,
    connector: z.enum(['postgresql', 'mysql']),
    settings: z.record(text, z.string()).optional(),
    landing: z
      .string()
      .regex(/^postgres(ql)?:/, 'a postgres:// URL')
      .optional(),
    database: text.optional(),
    settle: duration.refine((value) => durationMs(value) <= MAX_SETTLE_MS, 'ten minutes at most').optional(),
    security: kafkaSecurity.optional(),
  }),
]);

/** One of several objects, told apart by the value of a key. */
function oneOf<K extends string, O extends readonly z.core.$ZodTypeDiscriminable[]>(
  key: K,
  known: readonly string[],
  options: O & readonly [z.core.$ZodTypeDiscriminable, ...z.core.$ZodTypeDiscriminable[]],
): z.ZodDiscriminatedUnion<O & readonly [z.core.$ZodTypeDiscriminable, ...z.core.$ZodTypeDiscriminable[]], K> {
  return z.discriminatedUnion(key, options, {
    error: (issue) => {
      if (issue.code !== 'invalid_union') return undefined;
      const written =
        typeof issue.input === 'object' && issue.input !== null ? Reflect.get(issue.input, key) : undefined;
      return `one of ${known.join(', ')}${typeof written === 'string' ? didYouMean(written, known) : ''}`;
    },
  });
}
