import { z } from 'zod';
import { EventTypes } from '../../../../src/config/event-types.ts';
import { defineReadModel } from '../../../../src/config/read-model-definition.ts';
import type { TopicReadModelDefinition } from '../../../../src/config/topic-read-model.ts';

export const types = new Map(
  Object.entries({
    Paid: z.object({ amount: z.number() }),
    Refused: z.object({ amount: z.number() }),
    Unheard: z.object({}),
  }),
);

/** The same, as a read model is given them. */
export const eventTypes = new EventTypes(Object.fromEntries(types));

const add: TopicReadModelDefinition['on'][string] = async (event, tx) => {
  const { amount } = event.data as { amount: number };
  await tx.raw(
    'INSERT INTO account AS a VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET total = a.total + excluded.total',
    [event.key, amount],
  );
  await tx('history').insert({ account: event.key, amount });
};

/** Sums per account, and a history by which order and repeats show. `Refused` is never taken while `isBroken`. */
export function sumModel(topic: string, more: Partial<TopicReadModelDefinition> = {}): TopicReadModelDefinition {
  return defineReadModel({
    name: 'account',
    version: 1,
    key: 'id',
    table: (t) => {
      t.text('id').primary();
      t.bigInteger('total');
    },
    tables: {
      history: (t) => {
        t.bigIncrements('n');
        t.text('account');
        t.bigInteger('amount');
      },
    },
    topics: [topic],
    settle: '1s',
    on: {
      Paid: add,
      Refused: async (event, tx) => {
        await add(event, tx);
        if (isBroken.now) throw new Error(`nobody must read ${JSON.stringify(event.data)}`);
      },
    },
    eventKeyOf: ({ key }) => key,
    ...more,
  });
}

export const isBroken = { now: true };
