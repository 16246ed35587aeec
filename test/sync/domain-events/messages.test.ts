import { expect, test } from 'vitest';
import { DeadLetterStore } from '../../../src/store/dead-letter-store.ts';
import { setupSync } from '../fixtures.ts';
import { fenced, heard, heardBy, heardSchema, saidTo } from './heard-model.ts';

const emit = (event: object | string, isTransactional = true, prefix = 'app.event'): string => {
  const content = typeof event === 'string' ? event : JSON.stringify(event);
  return `SELECT pg_logical_emit_message(${isTransactional}, '${prefix}', '${content}')`;
};
const done = (id: number, key: number | string, n = id): object => ({ id, type: 'JobDone', key, data: { n } });

test('transactional messages are events, in order with the changes of rows; what was there before, or is rolled back, is none', async () => {
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await legacy.raw(heardSchema);
  await legacy.raw(emit(done(1, 1)));
  const capture = setup.startCapture({ readModels: [heard({ messages: { prefix: 'app.event' } }, { rows: true })] });
  await fenced(capture);
  await legacy.transaction(async (tx) => {
    await tx.raw(emit({ ...done(2, 'a'), at: '2024-02-29T10:00:00Z' }));
    await tx.raw(`INSERT INTO jobs VALUES (1, 'open')`);
    await tx.raw(emit(done(3, 'a')));
    await tx.raw(emit(done(4, 'a'), false));
    await tx.raw(emit(done(5, 'a'), true, 'other'));
    await tx.raw('SAVEPOINT s');
    await tx.raw(`INSERT INTO jobs VALUES (2, 'open')`);
    await tx.raw(emit(done(6, 'a')));
    await tx.raw('ROLLBACK TO SAVEPOINT s');
    await tx.raw(`DELETE FROM jobs`);
    await tx.raw(emit(done(7, 'b')));
  });
  await fenced(capture);
  expect(await saidTo(target)).toEqual([
    'JobDone a {"n":2}',
    'jobs insert 1',
    'JobDone a {"n":3}',
    'jobs delete 1',
    'JobDone b {"n":7}',
  ]);
  expect((await heardBy(target))[0]!.at).toBe('2024-02-29 10:00:00+00');
});

test('a read model may be made of messages alone, and what is no event is a dead letter', async () => {
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await legacy.raw(heardSchema);
  const capture = setup.startCapture({ readModels: [heard({ messages: { prefix: 'app.event' } })] });
  await fenced(capture);
  for (let n = 1; n <= 5; n += 1) await legacy.raw(emit(done(n, 'a')));
  await legacy.raw(emit('no JSON'));
  // One that does not fit into memory.
  await legacy.transaction(async (tx) => {
    await tx.raw(emit(done(6, 'a')));
    await tx.raw(emit({ ...done(7, 'a'), extra: 'x'.repeat(3_000_000) }));
    await tx.raw(emit(done(8, 'a')));
  });
  // As a number it would have other digits.
  await legacy.raw(emit('{"id": 9007199254740993, "type": "JobDone", "key": "b", "data": {"n": 9007199254740993}}'));
  await fenced(capture);
  expect((await heardBy(target)).map(({ id }) => id)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);
  expect(await new DeadLetterStore().list(target)).toMatchObject([
    { code: 'InvalidEvent', message: 'the event has no id and no type and no key' },
    { code: 'InvalidEvent', message: 'the data of JobDone does not fit: n: invalid_type' },
  ]);
});
