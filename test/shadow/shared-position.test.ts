import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { createSharedPositions, parkingsIn, SharedPositionReader } from '../../shadow/shared-position.ts';

test('a position is untrusted until it is published, and again when it is taken back', () => {
  const positions = createSharedPositions(['orders', 'customers']);
  const reader = new SharedPositionReader(positions.buffer, 1);
  expect(reader.current()).toBeUndefined();
  positions.publish('customers', 0n);
  expect(reader.current()).toBe(0n);
  positions.publish('orders', 7n);
  expect(reader.current()).toBe(0n);
  positions.publish('customers', undefined);
  expect(reader.current()).toBeUndefined();
  expect(() => positions.publish('unknown', 1n)).toThrow(RangeError);
});

test('whoever waits is woken when the position is reached, each at their own', async () => {
  const positions = createSharedPositions(['orders']);
  const reader = new SharedPositionReader(positions.buffer, 0);
  const woken: bigint[] = [];
  const waiting = [3n, 1n, 2n].map(async (position) => {
    expect(await reader.waitFor(position, 60_000)).toBe(true);
    woken.push(position);
  });
  positions.publish('orders', 1n);
  await waiting[1];
  positions.publish('orders', undefined);
  positions.publish('orders', 2n);
  await waiting[2];
  expect(woken).toEqual([1n, 2n]);
  positions.publish('orders', 9_223_372_036_854_775_807n);
  await Promise.all(waiting);
  expect(await reader.waitFor(5n, 0)).toBe(true);
});

test('a wait ends without success when its budget is used up', async () => {
  const positions = createSharedPositions(['orders']);
  const reader = new SharedPositionReader(positions.buffer, 0);
  positions.publish('orders', 4n);
  expect(await reader.waitFor(5n, 20)).toBe(false);
  expect(await reader.waitFor(5n, 0)).toBe(false);
  positions.publish('orders', 5n);
  expect(await reader.waitFor(5n, 0)).toBe(true);
});

test('a position that another thread publishes wakes this one', async () => {
  const positions = createSharedPositions(['orders']);
  const reader = new SharedPositionReader(positions.buffer, 0);
  const waiting = reader.waitFor(42n, 60_000);
  const code = `
    const view = new BigInt64Array(require('node:worker_threads').workerData);
    Atomics.store(view, 0, 42n);
    Atomics.notify(view, 0);`;
  const worker = new Worker(code, { eval: true, workerData: positions.buffer });
  expect(await waiting).toBe(true);
  await worker.terminate();
});

test('how often keys were parked is shared beside the positions, each feature at its own place', () => {
  const positions = createSharedPositions(['orders', 'customers']);
  expect(parkingsIn(positions.buffer, 1)).toBe(0);
  positions.park('customers', 7);
  positions.publish('orders', 5n);
  expect([0, 1].map((index) => parkingsIn(positions.buffer, index))).toEqual([0, 7]);
  expect(new SharedPositionReader(positions.buffer, 1).current()).toBeUndefined();
});
