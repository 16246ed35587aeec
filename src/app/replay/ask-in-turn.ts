import { systemClock } from '../../kernel/clock.ts';
import { sleep } from '../../kernel/service.ts';

export interface TurnOptions<T, R> {
  readonly items: readonly T[];
  readonly perSecond: number;
  /** At once; a question may wait for a fence while others are asked. */
  readonly concurrency?: number | undefined;
  readonly work: (item: T) => Promise<R>;
  /** Told of each that is done. One that returns a reason ends it after what is under way. */
  readonly onDone: (result: R, done: number) => string | undefined;
}

export interface Turned<R> {
  /** In the order of their items. */
  readonly results: readonly R[];
  /** Why the rest was not done. */
  readonly stopped: string | undefined;
}

const defaultConcurrency = 4;

/** Works on items in their order, at most so many a second and so many at once. */
export async function askInTurn<T, R>({
  items,
  perSecond,
  concurrency = defaultConcurrency,
  work,
  onDone,
}: TurnOptions<T, R>): Promise<Turned<R>> {
  const results: (R | undefined)[] = [];
  const startedAt = systemClock.now();
  let next = 0;
  let done = 0;
  let stopped: string | undefined;
  const worker = async (): Promise<void> => {
    while (stopped === undefined && next < items.length) {
      const index = next;
      next += 1;
      await sleep(Math.max(0, startedAt + (index * 1_000) / perSecond - systemClock.now()));
      if (stopped !== undefined) return;
      const result = await work(items[index]!);
      results[index] = result;
      done += 1;
      stopped ??= onDone(result, done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
  return { results: results.filter((result) => result !== undefined), stopped };
}
