import { expect, test } from 'vitest';
import { until } from '../../../support/until.ts';
import { idsOf, open, Topics } from './written-topics.ts';

/** A transaction of one row. */
function whole(topics: Topics, xid: number, at: bigint, lastCommit: bigint | 'none' = 1n): void {
  topics.begin(xid);
  topics.row('public.t', { of: xid, at, id: xid, lastCommit });
  topics.end(xid, at + 5n, { 'public.t': 1 });
}

/** As a source that misses something behind the first transaction. */
function isGapBefore({ endPosition }: { readonly endPosition: bigint }): boolean {
  return endPosition > 20n;
}

test('a connector that knows of no transaction before has left out what came between, for whoever stands before it', async () => {
  await using topics = new Topics();
  whole(topics, 7, 10n);
  whole(topics, 8, 30n, 'none');
  const before = open(topics, {}, 15n);
  await expect(before.end).rejects.toMatchObject({ code: 'FIG_TOPIC_GAP' });
  expect(before.gaps).toEqual([35n]);
  await before.stream[Symbol.asyncDispose]();
});

test('a connector that begins with a snapshot has left out what came before, and one that takes one beside has not', async () => {
  await using topics = new Topics();
  topics.snapshotRow('public.t', 3);
  topics.snapshotRow('public.t', 1, 40n);
  const before = open(topics, {}, 15n);
  await expect(before.end).rejects.toMatchObject({ code: 'FIG_TOPIC_GAP' });
  expect(before.gaps).toEqual([40n]);
  await before.stream[Symbol.asyncDispose]();
});

test('who stands behind its beginning, or has nothing yet, misses nothing', async () => {
  for (const from of [0n, 40n]) {
    await using topics = new Topics();
    topics.snapshotRow('public.t', 1, 20n);
    whole(topics, 8, 30n, 'none');
    whole(topics, 9, 50n, 35n);
    const { stream, seen, gaps } = open(topics, {}, from);
    await using _ = stream;
    await until('what follows is there', () => seen.length >= (from === 0n ? 2 : 1));
    expect(idsOf(seen).at(-1)).toEqual(['9']);
    expect(gaps).toEqual([]);
  }
});

test('who stands where a connector begins with a snapshot misses nothing', async () => {
  await using topics = new Topics();
  topics.snapshotRow('public.t', 1, 40n);
  whole(topics, 9, 50n, 35n);
  const { stream, seen, gaps } = open(topics, {}, 40n);
  await using _ = stream;
  await until('what follows is there', () => seen.length > 0);
  expect(idsOf(seen)).toEqual([['9']]);
  expect(gaps).toEqual([]);
});

test('a log that goes back is another one, and nothing of it is taken for what is sent again', async () => {
  await using topics = new Topics();
  whole(topics, 7, 10n);
  whole(topics, 8, 30n);
  whole(topics, 7, 10n);
  whole(topics, 9, 20n);
  const { stream, gaps, end } = open(topics, {}, 5n);
  await expect(end).rejects.toMatchObject({ code: 'FIG_LOG_FORKED' });
  expect(gaps).toEqual([35n]);
  await stream[Symbol.asyncDispose]();
});

test('what the source says is missing before a transaction is a gap, and the transaction is not given', async () => {
  await using topics = new Topics();
  whole(topics, 7, 10n);
  whole(topics, 8, 30n);
  const { stream, seen, gaps, end } = open(topics, { isGapBefore }, 5n);
  await expect(end).rejects.toMatchObject({ code: 'FIG_TOPIC_GAP' });
  expect(gaps).toEqual([35n]);
  expect(idsOf(seen)).not.toContainEqual(['8']);
  await stream[Symbol.asyncDispose]();
});
