import { sleep } from '../../kernel/service.ts';
import type { Projection } from '../projection/projection.ts';
import type { Mending } from '../dead-letters/mending.ts';

const LOOK_EVERY_MS = 250;

export interface MendingParts {
  readonly projection: Projection;
  /** Runs a task between two batches. */
  readonly between: <T>(task: () => Promise<T>) => Promise<T>;
  /** Called after every look, between two batches, with what came of it. */
  readonly onLook: (mending: Mending) => Promise<void> | void;
  readonly signal: AbortSignal;
}

/**
 * Looks after the dead letters of a projection: what is due is tried again, one key at a time, between two batches. The
 * store is asked only while there are any.
 */
export async function keepMending({ projection, between, onLook, signal }: MendingParts): Promise<void> {
  while (!signal.aborted) {
    const mending = projection.letters.count === 0 && projection.state !== 'paused' ? 'rested' : await look();
    if (mending === 'lifted') return;
    if (mending === 'rested') await sleep(LOOK_EVERY_MS, signal);
  }

  async function look(): Promise<Mending> {
    return between(async () => {
      if (signal.aborted) return 'rested';
      const mending = await projection.mend();
      await onLook(mending);
      return mending;
    });
  }
}
