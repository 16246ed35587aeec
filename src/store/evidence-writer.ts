import { describeError } from '../kernel/fig-error.ts';
import type { Log } from '../kernel/log.ts';
import { sleep, startLoop, type Service } from '../kernel/service.ts';
import type { EvidenceItem } from './evidence-item.ts';

export interface EvidenceWriterOptions {
  readonly append: (items: readonly EvidenceItem[]) => Promise<void>;
  readonly log: Log;
  readonly intervalMs?: number | undefined;
  readonly batchSize?: number | undefined;
  /** Items that are kept while the store does not answer; beyond it the oldest are let go. */
  readonly maxWaiting?: number | undefined;
}

/** How often a batch is tried before it is let go, so that one that can never be written does not stop all others. */
const MAX_TRIES = 8;

/** Collects evidence and writes it in batches: each 250 ms, or 200 at a time. */
export class EvidenceWriter implements Service {
  readonly name = 'evidence writer';
  readonly #options: EvidenceWriterOptions;
  readonly #intervalMs: number;
  readonly #batchSize: number;
  readonly #waiting: EvidenceItem[] = [];
  readonly #loop: Service;
  #wake: () => void = () => undefined;
  #isWriting = Promise.resolve();
  #tries = 0;
  #lost = 0;

  constructor(options: EvidenceWriterOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs ?? 250;
    this.#batchSize = options.batchSize ?? 200;
    this.#loop = startLoop({
      name: this.name,
      turn: async () => {
        await this.#rest();
        await this.flush();
        return 0;
      },
      onError: (error, attempt) =>
        options.log.warn(
          { error: describeError(error), attempt, waiting: this.#waiting.length },
          'evidence not written',
        ),
    });
  }

  /** Evidence that was let go because the store did not take it. */
  get lost(): number {
    return this.#lost;
  }

  record(item: EvidenceItem): void {
    if (this.#waiting.length >= (this.#options.maxWaiting ?? 5_000)) {
      this.#waiting.shift();
      this.#lost += 1;
    }
    this.#waiting.push(item);
    if (this.#waiting.length >= this.#batchSize) this.#wake();
  }

  /** Writes everything that waits. Rejects when the store does; what is not written waits on. */
  async flush(): Promise<void> {
    const turn = this.#isWriting.then(() => this.#writeAll());
    this.#isWriting = turn.catch(() => undefined);
    await turn;
  }

  /** Ends the loop after a last try to write what waits. */
  async stop(): Promise<void> {
    this.#wake();
    await this.#loop.stop();
    try {
      await this.flush();
    } catch (error) {
      this.#lost += this.#waiting.length;
      this.#options.log.error({ error: describeError(error), lost: this.#waiting.length }, 'evidence lost at the end');
    }
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Taken out only when they are written; new ones are only ever added at the end, old ones dropped at the front.
      const batch = this.#waiting.slice(0, this.#batchSize);
      try {
        await this.#options.append(batch);
        this.#tries = 0;
      } catch (error) {
        this.#tries += 1;
        if (this.#tries < MAX_TRIES) throw error;
        this.#tries = 0;
        this.#lost += batch.length;
        this.#options.log.error({ error: describeError(error), lost: batch.length }, 'evidence lost');
      }
      const written = new Set(batch);
      while (this.#waiting.length > 0 && written.has(this.#waiting[0]!)) this.#waiting.shift();
    }
  }

  /** Until the interval is over, a batch is full, or the end has come. */
  async #rest(): Promise<void> {
    if (this.#waiting.length >= this.#batchSize) return;
    const rest = new AbortController();
    this.#wake = () => rest.abort();
    await sleep(this.#intervalMs, rest.signal);
  }
}
