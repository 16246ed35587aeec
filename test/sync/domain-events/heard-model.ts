import type { Knex } from 'knex';
import { z } from 'zod';
import type { DomainEventsDefinition } from '../../../src/config/domain-events-definition.ts';
import type { ChangeHandler } from '../../../src/config/row-change.ts';
import type { EventHandler } from '../../../src/config/event-handler.ts';
import type { EventReadModelDefinition } from '../../../src/config/event-read-model.ts';
import { withDomainEvents } from '../../../src/config/normalize-domain-events.ts';
import { defineReadModel } from '../../../src/config/read-model-definition.ts';
import type { Capture } from '../../../src/sync/capture/capture.ts';
import { until } from '../../support/until.ts';

/** Orders, and an outbox whose key tells the order of its rows. */
export const heardSchema = `
  CREATE TABLE jobs (id bigint PRIMARY KEY, state text NOT NULL, note text);
  CREATE TABLE outbox (seq bigserial PRIMARY KEY, event_id uuid NOT NULL DEFAULT gen_random_uuid(), kind text,
    about text, payload jsonb, at timestamptz DEFAULT '2024-02-29 12:34:56.789+02');`;

export const outbox = {
  table: 'outbox',
  id: 'event_id',
  type: 'kind',
  key: 'about',
  data: 'payload',
  at: 'at',
  primaryKey: 'seq',
};

export const types = {
  JobDone: z.object({ n: z.number().int() }),
  JobFailed: z.object({ why: z.string() }),
  Unheard: z.object({}),
};

export const listen: EventHandler = async (event, tx) => {
  await tx('heard').insert({
    event_id: event.id,
    type: event.type,
    key: event.key,
    at: event.at,
    data: JSON.stringify(event.data),
    position: event.position?.toString(),
  });
};

const remember: ChangeHandler = async ({ kind, before, after, position }, tx) => {
  const row = after ?? before;
  await tx('heard').insert({
    event_id: '',
    type: `jobs ${kind}`,
    key: String(row?.['id']),
    position: position.toString(),
  });
};

/** Writes down all events that it hears, in their order. */
export function heard(
  domainEvents: Omit<DomainEventsDefinition, 'types'> & Partial<Pick<DomainEventsDefinition, 'types'>>,
  more: {
    readonly rows?: boolean;
    readonly on?: Readonly<Record<string, EventHandler>>;
    readonly eventKeyOf?: EventReadModelDefinition['eventKeyOf'];
  } = {},
): EventReadModelDefinition {
  const model = defineReadModel({
    name: 'heard',
    version: 1,
    key: 'seq',
    table: (t) => {
      t.bigIncrements('seq');
      t.text('event_id').notNullable();
      t.text('type').notNullable();
      t.text('key').notNullable();
      t.timestamp('at');
      t.json('data');
      t.specificType('position', 'numeric');
    },
    eventKeyOf: more.eventKeyOf,
    on: { JobDone: listen, JobFailed: listen, ...more.on },
  });
  const withRows = more.rows
    ? { ...model, sources: { jobs: { key: 'id' } }, on: { ...model.on, jobs: remember } }
    : model;
  return withDomainEvents(withRows, { types, ...domainEvents });
}

export interface Heard {
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly at: string | null;
  readonly data: unknown;
  readonly position: bigint;
}

export async function heardBy(target: Knex): Promise<readonly Heard[]> {
  const rows: Record<string, string | null>[] = await target('rm_heard_v1.heard').orderBy('seq').select();
  return rows.map((row) => ({
    id: row['event_id']!,
    type: row['type']!,
    key: row['key']!,
    at: row['at'] ?? null,
    data: row['data'] === null ? undefined : JSON.parse(row['data']!),
    position: BigInt(row['position'] ?? 0),
  }));
}

/** `type key` of each, in order. */
export async function saidTo(target: Knex): Promise<readonly string[]> {
  return (await heardBy(target)).map(({ type, key, data }) => `${type} ${key} ${JSON.stringify(data) ?? ''}`.trim());
}

/** Waits until all that legacy has committed by now is applied. */
export async function fenced(capture: Capture): Promise<void> {
  await until(
    'the read model is ready',
    () => {
      const progress = capture.progressOf('heard');
      if (progress.state === 'ready') return true;
      throw new Error(`${JSON.stringify(progress)} ${capture.status().error ?? ''}`);
    },
    20_000,
  );
  const position = await capture.source.read();
  capture.source.nudge();
  const reached = await capture.applied('heard')!.waitFor(position, 20_000);
  if (!reached) throw new Error(`the read model did not catch up: ${capture.status().error}`);
}
