import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { open, Topics } from './written-topics.ts';

// Only the clock by which the stream sees how long it has waited; everything else goes on as it does.
beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => vi.useRealTimers());

/** Until what is asked for was looked at a minute later, and not a moment before. */
async function afterAMinute(topics: Topics, end: Promise<void>): Promise<unknown> {
  let failure: unknown;
  const ended = end.catch((error: unknown) => (failure = error));
  await topics.areRead();
  vi.advanceTimersByTime(59_999);
  await topics.areRead();
  expect(failure).toBeUndefined();
  vi.advanceTimersByTime(1);
  await ended;
  return failure;
}

test('a transaction whose events do not come is told after a minute, and not waited for without a word', async () => {
  await using topics = new Topics();
  const { stream, seen, end } = open(topics);
  await using _ = stream;
  topics.begin(7);
  topics.row('public.t', { of: 7, at: 10n, id: 1 });
  topics.end(7, 20n, { 'public.t': 3 });
  expect(await afterAMinute(topics, end)).toMatchObject({
    code: 'FIG_DEBEZIUM_MESSAGE',
    message: '2 events of transaction 7 do not come',
  });
  expect(seen).toEqual([]);
});

test('so is one that the connector went down inside of, and that nothing shows to be whole', async () => {
  await using topics = new Topics();
  const { stream, seen, end } = open(topics);
  await using _ = stream;
  topics.begin(7);
  topics.row('public.t', { of: 7, at: 10n, id: 1 });
  topics.begin(7);
  topics.end(7, 20n, { 'public.t': 1 });
  expect(await afterAMinute(topics, end)).toMatchObject({
    code: 'FIG_DEBEZIUM_MESSAGE',
    message: expect.stringContaining('nothing shows yet that all of it was written to shop.public.t'),
  });
  expect(seen).toEqual([]);
});
