import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';

/** The niceness of a thread of this process: field 19 of its stat, see proc(5). The name before it may hold spaces. */
function nicenessOf(thread: number): number {
  const stat = readFileSync(`/proc/${process.pid}/task/${thread}/stat`, 'utf8');
  const fieldsFromThird = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fieldsFromThird[16]);
}

async function lowered(): Promise<{ thread: number; isLowered: boolean } & AsyncDisposable> {
  const worker = new Worker(new URL('./fixtures/lower-priority.mjs', import.meta.url));
  const [told]: { thread: number; isLowered: boolean }[] = await once(worker, 'message');
  return { ...told!, [Symbol.asyncDispose]: async () => void (await worker.terminate()) };
}

describe.runIf(process.platform === 'linux')('a worker thread that lowers its priority', () => {
  // The thread that vitest runs tests in may be a worker itself; what counts is what a new thread starts from.
  const main = process.pid;
  const before = nicenessOf(main);
  const { PRIORITY_LOW } = constants.priority;

  afterEach(() => expect(nicenessOf(main)).toBe(before));

  test('lets the thread that serves users go first, whose priority stays as it was', async () => {
    await using worker = await lowered();
    expect(worker.thread).not.toBe(main);
    expect(worker.isLowered).toBe(true);
    expect(nicenessOf(worker.thread)).toBe(Math.min(PRIORITY_LOW, before + 10));
    expect(nicenessOf(main)).toBe(before);
  });

  // Only root may take a low priority back, so this process would stay as it is.
  test.runIf(process.getuid?.() === 0)(
    'goes below the process also when that was started with a low priority',
    async () => {
      setPriority(main, 15);
      try {
        await using worker = await lowered();
        expect(nicenessOf(worker.thread)).toBe(PRIORITY_LOW);
      } finally {
        setPriority(main, before);
      }
    },
  );
});
