import { expect, test } from 'vitest';
import type { DomainEvent } from '../../../../src/config/domain-event.ts';
import { EventGiver } from '../../../../src/sync/kafka/domain-events/event-giver.ts';
import { eventTypes, sumModel } from './sum-model.ts';
import { paid } from './topic-world.ts';

type KeyOf = (event: DomainEvent) => unknown;

test.each<[how: string, eventKeyOf: KeyOf | undefined, keys: readonly string[] | undefined]>([
  ['one key', ({ key }) => key, ['a']],
  ['several, each once, as text', () => [1, '2', 1n], ['1', '2']],
  ['none', () => [], []],
  ['one that is not known', () => ['a', null], undefined],
  ['one that is undefined', () => undefined, undefined],
  [
    'a failure',
    () => {
      throw new Error('no key');
    },
    undefined,
  ],
  ['nothing, where the read model does not say', undefined, undefined],
])('keys that an event is about, where the read model tells %s', (_how, eventKeyOf, keys) => {
  const definition = sumModel('payments', { eventKeyOf } as never);
  const giver = new EventGiver({ definition, schema: 'public', types: eventTypes, topics: new Map() });
  expect(giver.modelKeys(paid('a', 1))).toEqual(keys);
  // Of one that cannot be read nobody knows what it is about.
  expect(giver.modelKeys(undefined)).toBeUndefined();
});
