import { expect, test } from 'vitest';
import { z } from 'zod';
import type { EventHandler } from '../../../src/config/event-handler.ts';
import { anyKey } from '../../../src/kernel/parked-keys.ts';
import { DeadLetterStore } from '../../../src/store/dead-letter-store.ts';
import { until } from '../../support/until.ts';
import { type SyncSetup, setupSync } from '../fixtures.ts';
import { fenced, heard, heardSchema, listen, outbox, saidTo, types } from './heard-model.ts';

const letters = new DeadLetterStore();

const write = ({ legacy }: SyncSetup, kind: string | null, about: string | null, payload: object): Promise<unknown> =>
  legacy('outbox').insert({ kind, about, payload });

test('an unknown or invalid event waits with all later ones of its key, and they come in their order when it fits', async () => {
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await legacy.raw(heardSchema);
  let strings = false;
  // A schema that somebody mends.
  const n = z.custom<unknown>((value) => typeof value === 'number' || strings);
  const model = heard({ outbox, types: { ...types, JobDone: z.object({ n }) } }, { eventKeyOf: ({ key }) => key });
  const capture = setup.startCapture({ readModels: [model] });
  await fenced(capture);
  await write(setup, 'JobDone', '1', { n: 1 });
  await write(setup, 'JobDone', '1', { n: 'secret' });
  await write(setup, 'JobDone', '1', { n: 3 });
  await write(setup, 'JobDone', '2', { n: 4 });
  await write(setup, 'Nobody knows "it"', '3', {});
  await write(setup, 'JobLost', '4', {});
  await write(setup, 'JobDone', null, { n: 5 });
  await write(setup, 'Unheard', '5', { whatever: true });
  await fenced(capture);
  expect(await saidTo(target)).toEqual(['JobDone 1 {"n":1}', 'JobDone 2 {"n":4}']);
  const found = await letters.list(target);
  expect(
    found.map(({ source, sourceKey, code, message, changesSince }) => [source, sourceKey, code, message, changesSince]),
  ).toEqual([
    ['domain event', ['1'], 'InvalidEvent', 'the data of JobDone does not fit: n: custom', 1],
    ['domain event', ['3'], 'UnknownEvent', 'the type (unreadable) is not declared in domainEvents.types', 0],
    ['domain event', ['4'], 'UnknownEvent', 'the type JobLost is not declared in domainEvents.types', 0],
    ['domain event', [''], 'InvalidEvent', 'the event has no key', 0],
  ]);
  // Of the last one nobody knows which key it is about.
  expect(capture.lettersOf('heard').parked).toEqual([anyKey, '1', '3', '4']);
  strings = true;
  await letters.hasten(target, { id: found[0]!.id });
  await until('the first is taken', async () => (await letters.list(target)).length === 3);
  expect((await saidTo(target)).slice(2)).toEqual(['JobDone 1 {"n":"secret"}', 'JobDone 1 {"n":3}']);
});

test('an event that its handler does not take waits, and without eventKeyOf all reads go to legacy', async () => {
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await legacy.raw(heardSchema);
  let isBroken = true;
  const JobFailed: EventHandler = async (event, tx) => {
    await listen(event, tx);
    if (isBroken) throw new RangeError('no');
  };
  const capture = setup.startCapture({ readModels: [heard({ outbox }, { on: { JobFailed } })] });
  await fenced(capture);
  await legacy.transaction(async (tx) => {
    for (const [kind, payload] of [
      ['JobDone', { n: 1 }],
      ['JobFailed', { why: 'x' }],
      ['JobDone', { n: 2 }],
    ] as const) {
      await tx('outbox').insert({ kind, about: '1', payload });
    }
    await tx('outbox').insert({ kind: 'JobDone', about: '2', payload: { n: 3 } });
  });
  await fenced(capture);
  expect(await saidTo(target)).toEqual(['JobDone 1 {"n":1}', 'JobDone 2 {"n":3}']);
  expect(capture.lettersOf('heard').parked).toEqual([anyKey]);
  isBroken = false;
  await letters.hasten(target, {});
  await until('nothing waits', async () => (await letters.list(target)).length === 0);
  expect((await saidTo(target)).slice(2)).toEqual(['JobFailed 1 {"why":"x"}', 'JobDone 1 {"n":2}']);
});
