import { z } from 'zod';
import { brokers, kafkaSecurity, topicName } from './events-schema.ts';
import { tableName } from './plain-schema.ts';
import { strict } from './strict-object.ts';

const text = z.string().min(1);
/** How events are written into a topic. */
export const eventFormat = z.enum(['cloudevents', 'debezium-outbox']);
const place = {
  topic: topicName,
  format: eventFormat,
  brokers: brokers.optional(),
  security: kafkaSecurity.optional(),
};

/** What `topics` and `relay` of `domainEvents` may be. */
export const domainTopicsShape = {
  topics: z
    .array(strict({ ...place, from: z.enum(['beginning', 'now']).optional(), ignore: z.array(text).optional() }))
    .refine((topics) => new Set(topics.map(({ topic }) => topic)).size === topics.length, 'each topic once')
    .optional(),
  relay: strict({
    outbox: strict({
      table: tableName,
      id: text,
      type: text,
      key: text,
      data: text,
      at: text.optional(),
    }),
    to: strict({ ...place, source: text.optional() }),
    batch: z.number().int().min(1).max(10_000).optional(),
  }).optional(),
};
