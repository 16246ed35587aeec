import { z } from 'zod';
import { domainTopicsShape, eventFormat } from './domain-topics-schema.ts';
import { brokers, kafkaSecurity, topicName } from './events-schema.ts';
import { callable, rowKey, tableName } from './plain-schema.ts';
import { strict } from './strict-object.ts';

const column = z.string().min(1);

const eventSchema = z.custom<{ safeParse: (data: unknown) => unknown }>(
  (value) =>
    typeof value === 'object' && value !== null && 'safeParse' in value && typeof value.safeParse === 'function',
  'a schema with safeParse, such as z.object({ ... })',
);

export const domainEventsSchema = strict({
  types: z
    .record(z.string().min(1), eventSchema)
    .refine((types) => Object.keys(types).length > 0, 'at least one type of event'),
  ...domainTopicsShape,
  outbox: strict({
    table: tableName,
    id: column,
    type: column,
    key: column,
    data: column,
    at: column.optional(),
    primaryKey: rowKey.optional(),
  }).optional(),
  messages: strict({ prefix: z.string().min(1) })
    .refine(({ prefix }) => !prefix.startsWith('strangler-fig'), {
      message: 'another prefix: fig writes messages of its own under this one',
      path: ['prefix'],
    })
    .optional(),
  publish: strict({
    topic: topicName,
    format: eventFormat,
    source: z.string().min(1).optional(),
    aggregateType: z.string().min(1).optional(),
    brokers: brokers.optional(),
    security: kafkaSecurity.optional(),
    history: z.boolean().optional(),
  }).optional(),
  translate: z
    .record(
      tableName,
      z.union([
        callable,
        strict({ key: rowKey.optional(), types: z.array(z.string().min(1)).optional(), change: callable }),
      ]),
    )
    .optional(),
});
