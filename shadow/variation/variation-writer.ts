import { describeError } from '../../src/kernel/fig-error.ts';
import type { VariationCounts } from '../../src/kernel/legacy-variation.ts';
import type { Log } from '../../src/kernel/log.ts';
import type { Service } from '../../src/kernel/service.ts';
import type { VariationBook } from './variation-book.ts';

const EVERY_MS = 1_000;

/** Writes what has been counted, each second and at the end. What the store does not take is let go: it will vary again. */
export function startVariationWriter(
  book: VariationBook,
  add: (counts: VariationCounts) => Promise<void>,
  log: Log,
): Service {
  let writing = Promise.resolve();
  const write = (): void => {
    writing = writing
      .then(() => add(book.take()))
      .catch((error: unknown) => log.warn({ error: describeError(error) }, 'variations of legacy not written'));
  };
  const timer = setInterval(write, EVERY_MS);
  return {
    name: 'variation writer',
    stop: async () => {
      clearInterval(timer);
      write();
      await writing;
    },
  };
}
