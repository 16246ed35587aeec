import { expect, test } from 'vitest';
import { RunBook } from './run-book.ts';

test('what was done is counted by kind, with events that were published and read models that were built again', async () => {
  const book = new RunBook();
  await book.run('a kill', async () => undefined);
  await book.run('a kill', async () => undefined);
  await book.run('a cut', async () => undefined);
  book.published(7);
  book.builtAnew();
  const text = book.toString();
  expect(text).toContain('3 runs through Kafka, 7 events published: 0 lost, 0 doubled, order kept (1 with');
  expect(text).toMatch(/1 x a cut, 0\.0 s each\n {2}2 x a kill, 0\.0 s each/);
});

test('where a run failed, it is not said that nothing was lost', async () => {
  const book = new RunBook();
  await expect(book.run('a kill', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(book.toString()).toContain('0 runs through Kafka, 0 events published: 1 FAILED');
});
