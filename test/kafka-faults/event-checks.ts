import { isDeepStrictEqual } from 'node:util';
import type { Knex } from 'knex';
import { expect } from 'vitest';
import { readCommitted } from '../sync/kafka/publish/published.ts';
import { until } from '../support/until.ts';
import { type Brokers, type EventTopics, publishTo } from './event-models.ts';
import { judgeEvents, nothingWrong } from './judge-events.ts';

interface Counted {
  readonly id: string;
  readonly events: string;
  readonly in_order: boolean;
}

/** What was counted of each kind and key, and whether in order. */
async function countedIn(target: Knex, model: 'heard' | 'told'): Promise<readonly Counted[]> {
  const { rows } = await target.raw<{ rows: Counted[] }>(
    `SELECT id, events::text, in_order FROM rm_${model}_v1.${model} WHERE events > 0 ORDER BY id`,
  );
  return rows;
}

/** How many events of each kind and key legacy has written. */
async function written(legacy: Knex, types: readonly string[]): Promise<readonly Counted[]> {
  const { rows } = await legacy.raw<{ rows: Counted[] }>(
    `SELECT type || ' ' || id AS id, done::text AS events, true AS in_order
       FROM steps, unnest(?::text[]) AS type WHERE done > 0 ORDER BY 1`,
    [[...types]],
  );
  return rows;
}

/** Waits until the read models of events have counted each of them once, in order. */
export async function expectHeard(
  { legacy, target }: { readonly legacy: Knex; readonly target: Knex },
  { translates }: EventTopics,
  budgetMs: number,
): Promise<void> {
  const published = translates ? ['Noted', 'Stepped'] : ['Noted'];
  const heard = await written(legacy, ['Noted', 'Stepped']);
  const told = await written(legacy, [...published, 'Relayed']);
  const isEqual = async (): Promise<boolean> =>
    isDeepStrictEqual(await countedIn(target, 'told'), told) &&
    isDeepStrictEqual(await countedIn(target, 'heard'), heard);
  await until('each event was counted once', isEqual, budgetMs).catch(async (error: unknown) => {
    expect(await countedIn(target, 'heard'), 'events of the log').toEqual(heard);
    expect(await countedIn(target, 'told'), 'events of topics').toEqual(told);
    throw error;
  });
  const { rows } = await target.raw('SELECT source, code, message FROM fig.dead_letter');
  expect(rows, 'no event is a dead letter').toEqual([]);
}

/** Reads what readers of committed messages see, and gives how many events that are: each once, and in order. */
export async function expectPublished(
  { legacy, target }: { readonly legacy: Knex; readonly target: Knex },
  topics: EventTopics,
  brokers: Brokers,
): Promise<number> {
  await until('the queue is empty', async () => (await target('fig.outgoing_event').first('number')) === undefined);
  const read = await readCommitted(publishTo(topics, brokers), null);
  const events = read.map(({ key, value, headers }) => ({
    type: headers['ce_type'] ?? '',
    key,
    n: (value as { n: number }).n,
  }));
  const expected = await written(legacy, topics.translates ? ['Noted', 'Stepped'] : ['Noted']);
  const counts = new Map(expected.map(({ id, events: count }) => [id, Number(count)]));
  expect(judgeEvents(events, counts), 'what is published').toEqual(nothingWrong);
  return events.length;
}
