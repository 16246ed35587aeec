import { sleep } from '../../kernel/service.ts';
import { withListeningConnection } from '../../store/listening-connection.ts';
import { withdrawState } from '../../store/read-model-state-store.ts';

export interface ReadersGone {
  readonly readModel: string;
  /** The process that is about to take the rows away. */
  readonly process: string;
  /** Ends the wait, and with it what was to follow. */
  readonly signal: AbortSignal;
}

/**
 * Withdraws a read model and waits until no process trusts any more what was told of it before, also one that cannot be
 * reached: its lease is over then. Whoever told it may be another process, which is gone. Throws when the store does not answer, or
 * when the signal ends it.
 */
export async function untilNobodyReads(storeUrl: string, { readModel, process, signal }: ReadersGone): Promise<void> {
  let leftMs = 0;
  await withListeningConnection({ storeUrl, applicationName: 'fig read models' }, async (client) => {
    leftMs = await withdrawState(client, process, readModel);
  });
  if (leftMs > 0) await sleep(leftMs, signal);
  signal.throwIfAborted();
}
