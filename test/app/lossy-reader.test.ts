import { expect, test } from 'vitest';
import type { TailItem, TailReader } from '../../src/app/tail/event-tail.ts';
import { LossyReader } from '../../src/app/tail/lossy-reader.ts';
import { until } from '../support/until.ts';

const line = (n: number) => ({
  what: 'change' as const,
  type: 'insert',
  table: 'public.t',
  key: String(n),
  changed: undefined,
  position: '0/0',
  committedAt: '2026-01-01T00:00:00.000Z',
  lagMs: 0,
});

/** Has room for so many, until it is read. */
class SlowReader implements TailReader {
  readonly signal = new AbortController().signal;
  readonly read: string[] = [];
  readonly #waiting: TailItem[] = [];
  readonly #most: number;
  #onRoom: (() => void) | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  begin(): void {}

  take(item: TailItem): boolean {
    if (this.#waiting.length >= this.#most) return false;
    this.#waiting.push(item);
    return true;
  }

  room(): Promise<void> {
    return new Promise((resolve) => (this.#onRoom = resolve));
  }

  readAll(): void {
    this.read.push(...this.#waiting.splice(0).map((item) => ('lost' in item ? `${item.lost} lost` : item.key!)));
    this.#onRoom?.();
  }
}

test('lines for which a reader has no room are lost, and it is told how many where they are missing', async () => {
  const reader = new SlowReader(2);
  const lossy = new LossyReader(reader);
  for (let n = 1; n <= 5; n += 1) lossy.offer(line(n));
  reader.readAll();
  lossy.offer(line(6));
  reader.readAll();
  expect(reader.read).toEqual(['1', '2', '3 lost', '6']);
});

test('that lines are missing is told as soon as there is room, also when no further line comes', async () => {
  const reader = new SlowReader(1);
  const lossy = new LossyReader(reader);
  lossy.offer(line(1));
  lossy.offer(line(2));
  reader.readAll();
  await until('it is told', () => {
    reader.readAll();
    return reader.read.at(-1) === '1 lost';
  });
  expect(reader.read).toEqual(['1', '1 lost']);
});
