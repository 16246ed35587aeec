import type { BatchLimits } from '../batch-limits.ts';
import type { ChangeStream } from '../change-stream.ts';
import { ReplicationStream } from '../postgres/replication-stream.ts';
import { ensureSlot } from '../postgres/slot.ts';
import type { SpoolOptions } from '../postgres/spool-space.ts';
import type { ChangeSource, FindStart, OpenStream, StartPoint } from './change-source.ts';

export interface DirectSourceOptions {
  readonly url: string;
  readonly spool: SpoolOptions;
  readonly batch: BatchLimits;
  /** What the server sees the connection as that holds the slot. */
  readonly name?: string | undefined;
}

/** Changes straight from the legacy server: whoever applies them holds the slot. */
export class DirectSource implements ChangeSource {
  readonly holdsSlot = true;
  readonly passedCode = 'FIG_SLOT_PASSED';
  readonly #options: DirectSourceOptions;

  constructor(options: DirectSourceOptions) {
    this.#options = options;
  }

  async awaitTurn(): Promise<void> {
    // The slot lets in one only.
  }

  async find(start: FindStart): Promise<StartPoint> {
    const { client, name, identity, identifyAgain, isForked, onMake, createSlotBudgetMs, log } = start;
    const { confirmed } = await ensureSlot(client, name, {
      // A slot that stands in a log which the server has left would keep back what is written now.
      isUseless: async (at) => isForked || (at > identity.end && at > (await identifyAgain()).end),
      onMake,
      budgetMs: createSlotBudgetMs,
      log,
    });
    return { confirmed, oldest: confirmed };
  }

  open({ name, from }: OpenStream): Promise<ChangeStream> {
    return ReplicationStream.open({ ...this.#options, slot: name, publication: name, from });
  }

  async moved(): Promise<void> {
    // The server knows by what is acknowledged.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Sessions end their streams.
  }
}
