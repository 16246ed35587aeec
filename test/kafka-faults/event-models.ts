import type { Knex } from 'knex';
import { z } from 'zod';
import { publishedModel } from '../../src/app/following/published-model.ts';
import type { DomainEvent } from '../../src/config/domain-event.ts';
import type { EventReadModelDefinition } from '../../src/config/event-read-model.ts';
import type { NormalizedPublish } from '../../src/config/normalized-publish.ts';
import type { NormalizedRelay } from '../../src/config/domain-topics-definition.ts';
import { EventTypes } from '../../src/config/event-types.ts';
import { withDomainEvents } from '../../src/config/normalize-domain-events.ts';
import { defineReadModel } from '../../src/config/read-model-definition.ts';
import type { Translation } from '../../src/config/domain-events-definition.ts';
import type { TopicReadModelDefinition } from '../../src/config/topic-read-model.ts';

/**
 * Steps that legacy counts itself, and an event for each: a row of an outbox, a change that is translated, and a row of another
 * outbox that is relayed and deleted. So of each kind and key there are as many events as legacy has counted, from 1 on in order.
 */
export const eventsSchema = `
  CREATE TABLE steps (id bigint PRIMARY KEY, done bigint NOT NULL DEFAULT 0);
  INSERT INTO steps (id) SELECT generate_series(1, 5);
  CREATE TABLE outbox (seq bigserial PRIMARY KEY, event_id uuid NOT NULL DEFAULT gen_random_uuid(), kind text, about text, payload jsonb);
  CREATE TABLE relayed (id bigserial PRIMARY KEY, kind text, about text, payload jsonb)`;

/** One more step of one of them, and its events. */
export function stepOf(n: number): string {
  return `WITH step AS (UPDATE steps SET done = done + 1 WHERE id = ${1 + (n % 5)} RETURNING id::text, json_build_object('n', done) AS data),
      noted AS (INSERT INTO outbox (kind, about, payload) SELECT 'Noted', id, data FROM step)
    INSERT INTO relayed (kind, about, payload) SELECT 'Relayed', id, data FROM step`;
}

const types = new EventTypes({
  Noted: z.object({ n: z.number().int() }),
  Stepped: z.object({ n: z.number().int(), isStart: z.boolean() }),
  Relayed: z.object({ n: z.number().int() }),
});

const outbox = { table: 'outbox', id: 'event_id', type: 'kind', key: 'about', data: 'payload', primaryKey: 'seq' };

const translation: Translation = ({ kind, after }) =>
  after && {
    type: 'Stepped',
    key: String(after['id']),
    data: { n: Number(after['done']), isStart: kind === 'snapshot' },
  };

const translate = { steps: translation };

/** What an event is not for that comes twice, too early or too late: the one after the last. */
async function count({ type, key, data }: DomainEvent, tx: Knex, table: string): Promise<void> {
  const { n, isStart = false } = data as { readonly n: number; readonly isStart?: boolean };
  const id = `${type} ${key}`;
  if (isStart) await tx(table).insert({ id, events: n, in_order: true });
  else {
    await tx.raw(
      `INSERT INTO ?? AS e (id, events, in_order) VALUES (?, 1, ?) ON CONFLICT (id) DO UPDATE
         SET events = e.events + 1, in_order = e.in_order AND e.events + 1 = ?`,
      [table, id, n === 1, n],
    );
  }
}

function columns(table: Knex.CreateTableBuilder): void {
  table.text('id').primary();
  table.bigInteger('events').notNullable();
  table.boolean('in_order').notNullable();
}

/** Counts events of legacy's log. */
export const heard = withDomainEvents(
  defineReadModel({
    name: 'heard',
    version: 1,
    key: 'id',
    table: columns,
    on: {
      Noted: (event, tx) => count(event, tx, 'heard'),
      Stepped: (event, tx) => count(event, tx, 'heard'),
    },
  }),
  { types, outbox, translate },
);

/** Counts events that were published, and those of a relay. */
export function toldBy({ published, relayed }: EventTopics): TopicReadModelDefinition {
  return defineReadModel({
    name: 'told',
    version: 1,
    key: 'id',
    table: columns,
    topics: [published, relayed],
    settle: '1s',
    on: {
      Noted: (event, tx) => count(event, tx, 'told'),
      Stepped: (event, tx) => count(event, tx, 'told'),
      Relayed: (event, tx) => count(event, tx, 'told'),
    },
  });
}

/** Names of topics, and whether translated changes are published as well as what is in the outbox. */
export interface EventTopics {
  readonly published: string;
  readonly relayed: string;
  readonly translates: boolean;
}

export type Brokers = Pick<NormalizedPublish, 'brokers' | 'security'>;

export function publishTo({ published, translates }: EventTopics, { brokers, security }: Brokers): NormalizedPublish {
  return {
    topic: published,
    format: 'cloudevents',
    source: '/faults',
    aggregateType: 'faults',
    brokers,
    security,
    history: false,
    domainEvents: { types, outbox, ...(translates && { translate }) },
  };
}

/** The queue of what is to be published. */
export function queuedFor(topics: EventTopics, brokers: Brokers): EventReadModelDefinition {
  return publishedModel(publishTo(topics, brokers));
}

export function relayTo({ relayed }: EventTopics, { brokers, security }: Brokers): NormalizedRelay {
  return {
    outbox: { table: 'relayed', id: 'id', type: 'kind', key: 'about', data: 'payload' },
    to: { topic: relayed, format: 'cloudevents', source: '/faults', brokers, security },
    batch: 7,
  };
}

export const eventTypes = types;
