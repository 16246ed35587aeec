import { expect, test } from 'vitest';
import { until } from '../../../support/until.ts';
import { idsOf, open, Topics } from './written-topics.ts';

test('a row that is written after the end of a cut transaction is waited for, whatever was written before', async () => {
  await using topics = new Topics();
  const { stream, seen } = open(topics);
  await using _ = stream;
  topics.begin(7);
  topics.row('public.t', { of: 7, at: 10n, id: 1 });
  topics.row('public.u', { of: 7, at: 11n, id: 2 });
  // The connector goes down, and goes on with the third row.
  topics.begin(7);
  topics.end(7, 20n, { 'public.t': 1 });
  await topics.areRead();
  expect(seen).toEqual([]);
  topics.row('public.t', { of: 7, at: 12n, id: 3 });
  topics.row('public.u', { of: 8, at: 30n, id: 4 });
  await topics.areRead();
  expect(seen).toEqual([]);
  // What comes behind it in the same topic shows that it was all.
  topics.row('public.t', { of: 8, at: 31n, id: 5 });
  await until('it is there', () => seen.length > 0);
  expect(idsOf(seen)).toEqual([['1', '2', '3']]);
});

test('a row that lies where the transaction ends is its own, and does not show that it was all', async () => {
  await using topics = new Topics();
  const { stream, seen } = open(topics);
  await using _ = stream;
  topics.begin(7);
  topics.row('public.t', { of: 7, at: 19n, id: 1 });
  topics.row('public.t', { of: 7, at: 20n, id: 2 });
  topics.begin(7);
  topics.end(7, 20n, { 'public.t': 1 });
  await topics.areRead();
  expect(seen).toEqual([]);
  topics.row('public.t', { of: 7, at: 20n, id: 3, order: 2 });
  topics.row('public.t', { of: 8, at: 30n, id: 4 });
  await until('it is there', () => seen.length > 0);
  expect(idsOf(seen)).toEqual([['1', '2', '3']]);
});

test('where nothing follows, a cut transaction is whole when the source knows that all of it was written, and it was read', async () => {
  await using topics = new Topics();
  let written = 0n;
  const { stream, seen } = open(topics, { hasWritten: (position) => position <= written });
  await using _ = stream;
  topics.begin(7);
  topics.row('public.t', { of: 7, at: 10n, id: 1 });
  topics.row('public.u', { of: 7, at: 11n, id: 2 });
  topics.begin(7);
  topics.end(7, 20n, { 'public.t': 1 });
  await topics.areRead();
  const release = topics.hold('shop.public.t');
  await until('t is being read', () => topics.readsOf('shop.public.t') > 3);
  topics.row('public.t', { of: 7, at: 12n, id: 3 });
  written = 20n;
  // A read that began before cannot tell.
  await topics.areRead(['shop.public.u', 'shop.transaction', 'shop.message']);
  expect(seen).toEqual([]);
  release();
  await until('it is there', () => seen.length > 0);
  expect(idsOf(seen)).toEqual([['1', '2', '3']]);
});

test('a cut transaction of which nothing was left to send is whole when the topics are read', async () => {
  await using topics = new Topics();
  const { stream, seen } = open(topics);
  await using _ = stream;
  topics.begin(7);
  topics.row('public.t', { of: 7, at: 10n, id: 1 });
  topics.begin(7);
  topics.end(7, 20n, {});
  await until('it is there', () => seen.length > 0);
  expect(idsOf(seen)).toEqual([['1']]);
});

test('a transaction that is sent again whole waits for its rows only', async () => {
  await using topics = new Topics();
  const { stream, seen } = open(topics);
  await using _ = stream;
  topics.begin(6);
  topics.end(6, 9n, { 'public.unasked': 1 });
  topics.begin(7);
  topics.begin(6);
  topics.end(6, 9n, { 'public.unasked': 1 });
  topics.begin(7);
  topics.end(7, 20n, { 'public.t': 2 });
  topics.row('public.t', { of: 7, at: 10n, id: 1 });
  await topics.areRead();
  expect(idsOf(seen)).toEqual([[]]);
  topics.row('public.t', { of: 7, at: 11n, id: 2 });
  await until('it is there', () => seen.length > 1);
  expect(idsOf(seen)).toEqual([[], ['1', '2']]);
});

test('where the connector went down behind a row that others may share a place with, it is a gap and no transaction', async () => {
  await using topics = new Topics();
  const { stream, seen, gaps, end } = open(topics);
  await using _ = stream;
  topics.begin(6);
  topics.row('public.t', { of: 6, at: 5n, id: 9 });
  topics.end(6, 9n, { 'public.t': 1 });
  topics.begin(7);
  // Of a COPY of three rows the connector knew one to be written, and never sends the others.
  topics.row('public.t', { of: 7, at: 10n, id: 1, op: 'c' });
  topics.begin(7);
  topics.row('public.t', { of: 7, at: 12n, id: 4 });
  topics.end(7, 20n, { 'public.t': 1 });
  topics.row('public.t', { of: 8, at: 30n, id: 1 });
  await expect(end).rejects.toMatchObject({ code: 'FIG_TOPIC_GAP' });
  expect(gaps).toEqual([20n]);
  expect(idsOf(seen)).toEqual([['9']]);
});

test('a row that was inserted, and that legacy says was alone, is no gap', async () => {
  await using topics = new Topics();
  const asked: unknown[] = [];
  const { stream, seen, gaps } = open(topics, {
    lacksRows: async ({ transaction }, { sentBefore, placed }) => {
      asked.push([transaction, sentBefore, placed.length]);
      return false;
    },
  });
  await using _ = stream;
  topics.begin(7);
  topics.row('public.t', { of: 7, at: 10n, id: 1, op: 'c' });
  topics.begin(7);
  topics.row('public.t', { of: 7, at: 12n, id: 4 });
  topics.end(7, 20n, { 'public.t': 1 });
  topics.row('public.t', { of: 8, at: 30n, id: 1 });
  await until('it is there', () => seen.length > 0);
  expect(idsOf(seen)).toEqual([['1', '4']]);
  expect(asked).toEqual([['7', 1, 2]]);
  expect(gaps).toEqual([]);
});

test('rows that are sent behind the place where the connector began anew lack nothing', async () => {
  await using topics = new Topics();
  const { stream, seen, gaps } = open(topics);
  await using _ = stream;
  topics.begin(7);
  topics.row('public.t', { of: 7, at: 10n, id: 1 });
  topics.begin(7);
  topics.row('public.t', { of: 7, at: 11n, id: 2, op: 'c' });
  topics.end(7, 20n, { 'public.t': 1 });
  topics.row('public.t', { of: 8, at: 30n, id: 1 });
  await until('it is there', () => seen.length > 0);
  expect(idsOf(seen)).toEqual([['1', '2']]);
  expect(gaps).toEqual([]);
});

test('where the first beginning is kept no longer, the first transaction may be cut', async () => {
  await using topics = new Topics();
  topics.begin(7);
  topics.row('public.t', { of: 7, at: 10n, id: 1 });
  topics.row('public.t', { of: 7, at: 11n, id: 2 });
  topics.forget();
  topics.begin(7);
  topics.end(7, 20n, { 'public.t': 2 });
  const { stream, seen } = open(topics);
  await using _ = stream;
  await topics.areRead();
  expect(seen).toEqual([]);
  topics.row('public.t', { of: 7, at: 12n, id: 3 });
  topics.row('public.t', { of: 8, at: 30n, id: 1 });
  await until('it is there', () => seen.length > 0);
  expect(idsOf(seen)).toEqual([['1', '2', '3']]);
});
