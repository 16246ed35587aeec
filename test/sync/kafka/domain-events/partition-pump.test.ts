import { once } from 'node:events';
import { expect, test } from 'vitest';
import { machineNow } from '../../../../src/kernel/machine-time.ts';
import type { KafkaMessage } from '../../../../src/sync/kafka/client/kafka-message.ts';
import type { PartitionSlice } from '../../../../src/sync/kafka/client/partition-reader.ts';
import type { MessageChunk } from '../../../../src/sync/kafka/domain-events/apply-messages.ts';
import { PartitionPump } from '../../../../src/sync/kafka/domain-events/partition-pump.ts';
import { until } from '../../../support/until.ts';

const message = (offset: bigint): KafkaMessage => ({
  offset,
  key: null,
  value: Buffer.from('{}'),
  headers: new Map(),
  timestampMs: 1,
});

/** A partition of which each read gives what is there behind the offset; `marks`: what no consumer is shown at its end. */
class Partition {
  high = 0n;
  marks = 0n;
  reads = 0;
  /** Reads find what is there when they begin, and end when this is resolved. */
  held: Promise<unknown> | undefined;

  async read(from: bigint): Promise<PartitionSlice> {
    this.reads += 1;
    const { high, marks } = this;
    const messages = Array.from({ length: Number(high - marks - from) }, (_, n) => message(from + BigInt(n)));
    await this.held;
    await new Promise((resolve) => setImmediate(resolve));
    return { messages, next: high, high, low: 0n };
  }
}

function pumpOf(partition: Partition, apply: (chunk: MessageChunk) => Promise<void>, isPaused = () => false) {
  const start = { topic: 'payments', partition: 0, next: 0n, last: undefined };
  const pump = new PartitionPump({ reader: partition, start, apply, isPaused });
  const ended = new AbortController();
  const running = pump.run(ended.signal);
  running.catch(() => undefined);
  return {
    pump,
    running,
    [Symbol.asyncDispose]: async () => {
      ended.abort();
      await running.catch(() => undefined);
    },
  };
}

test('each chunk goes on where the one before ended, and the last of a read behind what consumers are not shown', async () => {
  const partition = Object.assign(new Partition(), { high: 453n, marks: 3n });
  const applied: string[] = [];
  await using reading = pumpOf(partition, async ({ from, next, messages }) => {
    applied.push(`${from}..${next}: ${messages[0]?.offset}..${messages.at(-1)?.offset}`);
  });
  await until('all is applied', () => reading.pump.report().next === 453n);
  expect(applied).toEqual(['0..200: 0..199', '200..400: 200..399', '400..453: 400..449']);
  // A transaction that was rolled back has none to show.
  partition.marks = 10n;
  partition.high = 463n;
  await until('that is passed', () => reading.pump.report().next === 463n);
  expect(applied.at(-1)).toBe('453..463: undefined..undefined');
});

test('what could not be applied is not counted as read', async () => {
  const partition = Object.assign(new Partition(), { high: 201n });
  let chunks = 0;
  await using reading = pumpOf(partition, async () => {
    chunks += 1;
    if (chunks === 2) throw new Error('no target');
  });
  await expect(reading.running).rejects.toThrow('no target');
  expect(reading.pump.report()).toMatchObject({ next: 200n, end: 201n, lagSeconds: undefined });
  expect(reading.pump.behind).toBe(1n);
  expect(reading.pump.levelAt).toBeUndefined();
});

test('while it is paused nothing further of what was read is applied, and then it goes on there', async () => {
  const partition = Object.assign(new Partition(), { high: 201n });
  let isPaused = false;
  const applied: bigint[] = [];
  await using reading = pumpOf(
    partition,
    async ({ next }) => {
      applied.push(next);
      isPaused = applied.length === 1;
    },
    () => isPaused,
  );
  await until('it is paused', () => isPaused);
  let looks = 0;
  await until('it is looked again and again', () => (looks += 1) > 20);
  expect(applied).toEqual([200n]);
  expect(reading.pump.levelAt).toBeUndefined();
  isPaused = false;
  await until('the rest is applied', () => applied.length === 2);
  expect(applied).toEqual([200n, 201n]);
});

test('it is level since before it asked: what came meanwhile may not be in the answer', async () => {
  const partition = new Partition();
  const [first, second] = [new AbortController(), new AbortController()];
  partition.held = once(first.signal, 'abort');
  await using reading = pumpOf(partition, async () => undefined);
  await until('it has asked', () => partition.reads === 1);
  const askedAt = machineNow();
  let looks = 0;
  await until('the broker takes its time', () => (looks += 1) > 20);
  partition.held = once(second.signal, 'abort');
  first.abort();
  expect(await until('it is level', () => reading.pump.levelAt)).toBeLessThanOrEqual(askedAt);
  second.abort();
});
