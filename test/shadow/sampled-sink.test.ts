import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSampledVisitor, sampled } from '../../shadow/sampled-sink.ts';
import type { NormalizedSample } from '../../src/config/sample-rules.ts';
import type { ExchangeSink } from '../../src/kernel/exchange.ts';
import { isWithin } from '../../src/kernel/sampling.ts';

const route = 'GET /orders';
const named = (namedVisitor: string | undefined) => ({ namedVisitor });

function sinkOf(sample: NormalizedSample | undefined, draws: readonly number[] = [], wants = true) {
  const dropped: string[] = [];
  const inner: ExchangeSink = {
    wants: () => wants,
    offer: () => undefined,
    dropped: (_feature, _route, reason) => void dropped.push(reason),
  };
  const left = [...draws];
  const sink = sampled(inner, {
    samples: new Map(sample && [['orders', sample]]),
    random: () => left.shift() ?? 0,
  });
  return { sink, dropped };
}

test('the same visitor is always in or always out, and raising the percentage only adds visitors', () => {
  const percent = fc.double({ min: 0.01, max: 100, noNaN: true });
  fc.assert(
    fc.property(fc.string(), percent, percent, (visitor, a, b) => {
      const [less, more] = a < b ? [a, b] : [b, a];
      expect(isSampledVisitor('orders', visitor, more) || !isSampledVisitor('orders', visitor, less)).toBe(true);
      const { sink } = sinkOf({ percent: less, by: 'visitor' });
      const first = sink.wants('orders', route, named(visitor));
      expect(sink.wants('orders', 'GET /orders/:id', named(visitor))).toBe(first);
      expect(first).toBe(isSampledVisitor('orders', visitor, less));
    }),
  );
});

test('the visitors of a sample are not those of the canary of the same share', () => {
  const visitors = Array.from({ length: 20_000 }, (_, i) => `visitor ${i}`);
  const compared = visitors.filter((visitor) => isSampledVisitor('orders', visitor, 10));
  expect(compared.length / visitors.length).toBeCloseTo(0.1, 2);
  const both = compared.filter((visitor) => isWithin('orders', visitor, 10));
  expect(both.length / compared.length).toBeCloseTo(0.1, 1);
});

test('without a visitor that has a name each read is drawn by itself, and counted', () => {
  const { sink, dropped } = sinkOf({ percent: 10, by: 'visitor' }, [0.05, 0.5]);
  expect(sink.wants('orders', route, named(undefined))).toBe(true);
  expect(sink.wants('orders', route, named(undefined))).toBe(false);
  expect(dropped).toEqual(['not-sampled']);
  expect(sink.sample()).toEqual({ features: { orders: { asked: 2, chosen: 1 } }, unnamed: 2 });
});

test('reads are drawn one by one where requests are sampled, whoever asks', () => {
  const { sink, dropped } = sinkOf({ percent: 25, by: 'request' }, [0.2499, 0.25]);
  expect(sink.wants('orders', route, named('ann'))).toBe(true);
  expect(sink.wants('orders', route, named('ann'))).toBe(false);
  expect(dropped).toEqual(['not-sampled']);
  expect(sink.sample().unnamed).toBe(0);
});

test('what the sample has room for and the budget has not counts as asked, not as chosen', () => {
  const { sink } = sinkOf(undefined, [], false);
  expect(sink.wants('orders', route, named('ann'))).toBe(false);
  expect(sink.sample().features).toEqual({ orders: { asked: 1, chosen: 0 } });
});
