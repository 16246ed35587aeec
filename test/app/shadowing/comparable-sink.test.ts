import { expect, test } from 'vitest';
import { comparable } from '../../../src/app/shadowing/comparable-sink.ts';
import type { Exchange } from '../../../src/kernel/exchange.ts';
import { exchangeOf } from '../../shadow/exchanges.ts';

const one = [{ key: 'orders', version: 1 }];
const two = [
  { key: 'orders@2', version: 2 },
  { key: 'orders@1', version: 1 },
];

/** A sink that takes what it is offered, with room for as many questions as the test says. */
class Taken {
  readonly offered: Exchange[] = [];
  readonly dropped: string[] = [];

  /** Those whose answer is not to be held against them. */
  get others(): readonly (number | undefined)[] {
    return this.offered.flatMap(({ version, isOfOtherVersion }) => (isOfOtherVersion ? [version] : []));
  }

  room = Number.POSITIVE_INFINITY;

  sink(more: Partial<Parameters<typeof comparable>[1]> = {}) {
    return comparable(
      {
        wants: () => (this.room -= 1) >= 0,
        offer: (exchange) => void this.offered.push(exchange),
        dropped: (_feature, _route, reason) => void this.dropped.push(reason),
      },
      {
        versionsOf: () => two,
        isReady: () => true,
        isParked: () => false,
        parkings: (key) => (key === 'orders@1' ? 1 : 2),
        random: () => 0.9,
        ...more,
      },
    );
  }
}

test('of the only version of a feature nothing is said, whatever the store calls it', () => {
  const taken = new Taken();
  taken.sink({ versionsOf: () => one }).offer(exchangeOf('/1', { version: 1 }));
  expect(taken.offered).toMatchObject([{ version: undefined }]);
});

test('each of two versions is compared: the one that answered with its answer, the other by being asked', () => {
  const taken = new Taken();
  taken.sink().offer(exchangeOf('/1', { version: 1, servedBy: 'candidate' }));
  expect(taken.offered).toMatchObject([
    { version: 2, parkings: 2 },
    { version: 1, parkings: 1 },
  ]);
  expect(taken.others).toEqual([2]);
});

test('what legacy answered is held against both, and a failure only against the version that failed', () => {
  const taken = new Taken();
  taken.sink().offer(exchangeOf('/1', { version: 1, servedBy: 'legacy', candidateFailure: 'timeout' }));
  expect(taken.offered).toMatchObject([
    { version: 2, candidateFailure: undefined },
    { version: 1, candidateFailure: 'timeout' },
  ]);
  expect(taken.others).toEqual([]);
});

test('a version that is not ready, or whose row is parked, takes no part; the other does', () => {
  const taken = new Taken();
  taken.sink({ isReady: (key) => key === 'orders@1' }).offer(exchangeOf('/1', { version: 1 }));
  expect(taken.offered).toMatchObject([{ version: 1 }]);
  taken.sink({ isParked: ({ version }) => version === 1 }).offer(exchangeOf('/2', { version: 1 }));
  expect(taken.offered).toMatchObject([{ version: 1 }, { version: 2 }]);
  expect(taken.dropped).toEqual(['parked']);
  expect(taken.sink({ isReady: () => false }).wants('orders', 'GET /')).toBe(false);
});

test('two versions cost no more than the budget of one: when it is short, chance says whose turn it is', () => {
  const taken = new Taken();
  taken.room = 2;
  let lot = 0.9;
  const sink = taken.sink({ random: () => lot });
  expect(sink.wants('orders', 'GET /')).toBe(true);
  expect(sink.wants('orders', 'GET /')).toBe(true);
  sink.offer(exchangeOf('/1', { version: 1 }));
  lot = 0.1;
  sink.offer(exchangeOf('/2', { version: 1 }));
  expect(taken.offered).toMatchObject([{ version: 2 }, { version: 1 }]);
});
