import { expect, test } from 'vitest';
import { until } from '../../../support/until.ts';
import { idsOf, open, streamOf, Topics } from './written-topics.ts';

test('what was written before the end of a cut transaction is read up to the end of each topic', async () => {
  await using topics = new Topics(1);
  for (let id = 1; id <= 30; id += 1) topics.snapshotRow('public.t', id);
  topics.row('public.t', { of: 7, at: 10n, id: 1 });
  topics.begin(7);
  topics.begin(7);
  topics.end(7, 20n, {});
  const { stream, seen } = open(topics);
  await using _ = stream;
  await until('it is there', () => seen.length > 0);
  expect(idsOf(seen)).toEqual([['1']]);
});

test('a read that began before the end of a cut transaction was seen shows nothing', async () => {
  await using topics = new Topics();
  const release = topics.hold('shop.public.u');
  const { stream, seen } = open(topics);
  await using _ = stream;
  await until('u is being read', () => topics.readsOf('shop.public.u') > 0);
  topics.row('public.t', { of: 7, at: 10n, id: 1 });
  topics.row('public.u', { of: 7, at: 11n, id: 2 });
  topics.begin(7);
  topics.begin(7);
  topics.end(7, 20n, {});
  await topics.areRead(['shop.public.t', 'shop.transaction', 'shop.message']);
  release();
  await until('it is there', () => seen.length > 0);
  expect(idsOf(seen)).toEqual([['1', '2']]);
});

test('a topic that is far ahead is read no further, until the transaction that is next needs it', async () => {
  await using topics = new Topics(1);
  const pad = 'x'.repeat(1024 * 1024);
  const ids = Array.from({ length: 20 }, (_, i) => i + 1);
  for (const id of ids) topics.row('public.t', { of: 7, at: BigInt(10 + id), id, order: id, pad });
  const { stream, seen } = open(topics);
  await using _ = stream;
  await until('much of it was read', () => topics.readsOf('shop.public.t') > 10);
  const enough = topics.readsOf('shop.message') + 500;
  await until('the others were read again and again', () => topics.readsOf('shop.message') > enough);
  expect(topics.readsOf('shop.public.t')).toBeLessThan(20);
  topics.begin(7);
  topics.end(7, 50n, { 'public.t': 20 });
  await until('it is there', () => seen.length > 0);
  expect(idsOf(seen)).toEqual([ids.map(String)]);
});

test('while nobody takes what was read, no more is read than memory has room for', async () => {
  await using topics = new Topics(1);
  const pad = 'x'.repeat(1024 * 1024);
  for (let xid = 1; xid <= 60; xid += 1) {
    topics.begin(xid);
    topics.row('public.t', { of: xid, at: BigInt(xid * 10), id: xid, pad });
    topics.end(xid, BigInt(xid * 10 + 5), { 'public.t': 1 });
  }
  await using stream = streamOf(topics);
  await until('it has read what it has room for', () => stream.received >= 160n);
  const before = topics.readsOf('shop.message');
  let looks = 0;
  await until('it is looked again and again', () => (looks += 1) > 20);
  expect(topics.readsOf('shop.message')).toBeLessThanOrEqual(before + 1);
  // As much again of what is not whole yet.
  expect(topics.readsOf('shop.public.t')).toBeLessThan(40);
  const ids: unknown[] = [];
  while (ids.length < 60) ids.push(...idsOf((await stream.next())!).flat());
  expect(ids).toEqual(Array.from({ length: 60 }, (_, n) => String(n + 1)));
});
