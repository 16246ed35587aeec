import { expect, test } from 'vitest';
import { until } from '../../../support/until.ts';
import { idsOf, open, streamOf, takesSnapshots, Topics } from './written-topics.ts';

const others = ['shop.public.t', 'shop.transaction', 'shop.message'];

/** A stream whose read of one topic has begun, found nothing, and does not end. */
async function whileOneIsRead(topics: Topics) {
  const release = topics.hold('shop.public.u');
  const reading = open(topics, {}, 0n, takesSnapshots);
  await until('u is being read', () => topics.readsOf('shop.public.u') > 0);
  return { ...reading, release };
}

test('no transaction is given because of a read that began before its end was seen', async () => {
  await using topics = new Topics();
  const { stream, seen, release } = await whileOneIsRead(topics);
  await using _ = stream;
  topics.snapshotRow('public.u', 5, 1n);
  topics.begin(7);
  topics.row('public.t', { of: 7, at: 10n, id: 1 });
  topics.end(7, 20n, { 'public.t': 1 });
  await topics.areRead(others);
  release();
  await until('both are there', () => seen.length === 2);
  expect(idsOf(seen)).toEqual([['5'], ['1']]);
});

test('no snapshot has ended by a read that began before its end was seen', async () => {
  await using topics = new Topics();
  const { stream, release } = await whileOneIsRead(topics);
  await using _ = stream;
  topics.snapshotRow('public.t', 1, 1n, 'last_in_data_collection');
  topics.snapshotRow('public.u', 5, 1n, 'last');
  await topics.areRead(others);
  release();
  const releaseNext = topics.hold('shop.public.u');
  await topics.areRead(others);
  expect(stream.endedSnapshot).toBeUndefined();
  releaseNext();
  const { topics: ended } = await until('it has ended', () => stream.endedSnapshot);
  expect(ended).toEqual(new Set(['shop.public.t', 'shop.public.u']));
});

test('when a further table ends, all topics are read again before the snapshot is said to have ended', async () => {
  await using topics = new Topics();
  const { stream } = open(topics, {}, 0n, takesSnapshots);
  await using _ = stream;
  topics.snapshotRow('public.t', 1, 1n, 'last_in_data_collection');
  await until('one table has ended', () => stream.endedSnapshot);
  const release = topics.hold('shop.transaction');
  await until('no read of transactions ends any more', async () => {
    const before = topics.readsOf('shop.transaction');
    await topics.areRead(['shop.public.t', 'shop.public.u', 'shop.message']);
    return topics.readsOf('shop.transaction') === before;
  });
  topics.snapshotRow('public.u', 5, 1n, 'last');
  await topics.areRead(['shop.public.t', 'shop.public.u', 'shop.message']);
  expect(stream.endedSnapshot).toBeUndefined();
  release();
  await until('both have', () => stream.endedSnapshot?.topics.size === 2);
});

test('what was written while a read was under way is not said to have been read by it', async () => {
  await using topics = new Topics();
  const { stream, release } = await whileOneIsRead(topics);
  await using _ = stream;
  const startedAt = performance.now();
  await topics.areRead(others);
  release();
  const releaseNext = topics.hold('shop.public.u');
  expect(await until('it was read', () => stream.landedAt(0n))).toBeLessThanOrEqual(startedAt);
  releaseNext();
});

test('what was read and not handed out is to be read again, and no snapshot has ended before', async () => {
  await using topics = new Topics();
  topics.snapshotRow('public.t', 1, 1n, 'last');
  await using stream = streamOf(topics, takesSnapshots);
  await topics.areRead();
  expect(stream.snapshotOffsets).toEqual(new Map());
  expect(stream.endedSnapshot).toBeUndefined();
  await stream.next();
  expect(stream.snapshotOffsets).toEqual(new Map([['shop.public.t/0', 1n]]));
  expect(stream.endedSnapshot?.topics).toEqual(new Set(['shop.public.t']));
});

test('who watches the source is told of a message as it comes, before it is its turn', async () => {
  await using topics = new Topics();
  const told: unknown[] = [];
  const { stream, seen } = open(topics, { saw: ({ content }) => told.push(content) });
  await using _ = stream;
  topics.message('mark é', { of: 7, at: 10n });
  await until('it is told', () => told.length > 0);
  expect(told).toEqual(['mark é']);
  expect(seen).toEqual([]);
});
