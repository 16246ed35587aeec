import { sleep } from '../../kernel/service.ts';
import { type FillParts, fillProjection } from '../backfill/fill-projection.ts';
import { keepMending } from './keep-mending.ts';
import type { Lane } from './lane.ts';

export interface TendParts extends Omit<FillParts, 'projection' | 'watch'> {
  /** The read model is to be copied anew, as somebody asked for. */
  readonly copyAgain: () => Promise<void>;
  /** Called with what went wrong; what it throws ends the session. The lane may be out afterwards. */
  readonly onFailure: (error: unknown) => Promise<void>;
}

/**
 * Copies and builds a read model, and again whenever what kept it out of use is gone. What fails is tried again after a
 * rest, while the stream goes on. Ends when the signal aborts or the lane is out.
 */
export async function tendLane(lane: Lane, parts: TendParts, signal: AbortSignal): Promise<void> {
  const ended = AbortSignal.any([signal, lane.out]);
  while (!ended.aborted) {
    lane.tries();
    try {
      await tendOnce(lane, parts, ended);
    } catch (error) {
      if (ended.aborted) return;
      await parts.onFailure(error);
      if (!lane.isOut) await sleep(lane.restMs, ended);
    }
  }
}

async function tendOnce(lane: Lane, parts: TendParts, ended: AbortSignal): Promise<void> {
  const { projection } = lane;
  lane.tellLetters();
  const broken = new AbortController();
  const signal = AbortSignal.any([ended, broken.signal]);
  const fill: FillParts = {
    ...parts,
    projection,
    // A chunk that cannot be landed is a failure of the copy: the stream, which it landed in, goes on.
    watch: (watcher) =>
      lane.watch({
        onTransaction: (transaction) => watcher.onTransaction(transaction).catch((error) => broken.abort(error)),
        onLarge: (transaction) => watcher.onLarge(transaction),
      }),
  };
  try {
    await fillProjection(fill, signal);
  } finally {
    // What stopped the copy is the news, not how it stopped.
    broken.signal.throwIfAborted();
  }
  if (ended.aborted) return;
  lane.works();
  lane.reached(projection.position);
  await keepMending({
    projection,
    between: parts.exclusively,
    onLook: async (mending) => {
      if (mending === 'copy-again') await parts.copyAgain();
      lane.tellLetters();
    },
    signal,
  });
}
