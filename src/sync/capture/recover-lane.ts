import { sleep } from '../../kernel/service.ts';
import type { Lane } from './lane.ts';

export interface RecoverParts {
  /** Takes up again what is stored of it; false: it cannot be gone on with in this session. */
  readonly resume: () => Promise<boolean>;
  /** Called with what went wrong once more. */
  readonly onFailure: (error: unknown) => Promise<void>;
}

/**
 * Tries again what took a lane out, with growing rests and beside the stream, so that a read model which is broken for
 * hours disturbs nobody. Resolves with true when another session is needed: it works but has missed what came since, or
 * there is nothing that could be tried in this one.
 */
export async function recoverLane(
  lane: Lane,
  { resume, onFailure }: RecoverParts,
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    await sleep(lane.restMs, signal);
    if (signal.aborted) return false;
    // Asked for anew after the rest: the work may have been given up meanwhile.
    const { work } = lane;
    if (!work) return true;
    lane.tries();
    try {
      if (await resume()) await work.run();
      return true;
    } catch (error) {
      if (!signal.aborted) await onFailure(error);
    }
  }
  return false;
}
