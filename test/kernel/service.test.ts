import { expect, test } from 'vitest';
import { sleep, startLoop } from '../../src/kernel/service.ts';
import { until } from '../support/until.ts';

/** Which failure in a row each of the first four was told as. */
async function attempts(turn: () => Promise<undefined>): Promise<readonly number[]> {
  const told: number[] = [];
  const onError = (_error: unknown, attempt: number): void => void told.push(attempt);
  const loop = startLoop({ name: 'test', turn, onError, maxRestMs: 1, lastingMs: 20 });
  await until('it has failed several times', () => told.length >= 4);
  await loop.stop();
  return told.slice(0, 4);
}

async function late(): Promise<never> {
  await sleep(30);
  throw new Error('after a while');
}

test('failures that follow one another are counted, and one after a turn that went on for long is a first one', async () => {
  expect(await attempts(() => Promise.reject(new Error('at once')))).toEqual([1, 2, 3, 4]);
  expect(await attempts(late)).toEqual([1, 1, 1, 1]);
});
