import { expect, test } from 'vitest';
import { endsOf, ReaderMeter } from '../../../src/app/transport/reader-meter.ts';

const facts = (...ends: readonly bigint[]) => [
  {
    topic: 't',
    retentionMs: undefined,
    replicas: 1,
    inSync: 1,
    partitions: ends.map((end, partition) => ({ partition, low: 0n, end })),
  },
];
const at = (partition: number, next: bigint) => ({ topic: 't', partition, next });

test('the lag in messages is the sum over the partitions of what is written and not applied', () => {
  const figures = new ReaderMeter().figures({
    applied: 5n,
    places: [at(0, 10n), at(1, 7n)],
    ends: endsOf(facts(12n, 7n)),
    lag: { bytes: 300, seconds: 2 },
    atMs: 0,
  });
  expect(figures).toMatchObject({ lagMessages: 2, lagBytes: 300, lagSeconds: 2 });
  expect(figures.partitions).toEqual([
    { topic: 't', partition: 0, next: 10, end: 12 },
    { topic: 't', partition: 1, next: 7, end: 7 },
  ]);
});

test('what was written and applied since the end was asked for is no negative lag', () => {
  const reading = { applied: 5n, places: [at(0, 20n)], ends: endsOf(facts(12n)), lag: undefined, atMs: 0 };
  expect(new ReaderMeter().figures(reading)).toMatchObject({ lagMessages: 0, partitions: [{ next: 20, end: 20 }] });
});

test('without the end of every partition the lag in messages is not known', () => {
  const reading = { applied: 5n, places: [at(0, 10n), at(1, 7n)], lag: undefined, atMs: 0 };
  expect(new ReaderMeter().figures({ ...reading, ends: endsOf(facts(12n)) }).lagMessages).toBeUndefined();
  expect(new ReaderMeter().figures({ ...reading, places: [], ends: endsOf(facts(12n)) }).lagMessages).toBeUndefined();
});

const reading = (applied: bigint, next: bigint, atMs: number) => ({
  applied,
  places: [at(0, next)],
  ends: endsOf([]),
  lag: undefined,
  atMs,
});

test('rates are of messages and of the source position', () => {
  const meter = new ReaderMeter();
  meter.figures(reading(1_000n, 10n, 0));
  expect(meter.figures(reading(5_000n, 50n, 2_000))).toMatchObject({ messagesPerSecond: 20, bytesPerSecond: 2_000 });
});
