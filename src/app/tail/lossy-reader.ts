import type { TailLine } from '../../sync/tail/tail-line.ts';
import type { TailReader } from './event-tail.ts';

/** Gives lines that cannot be waited with to a reader, and counts those for which it has no room. */
export class LossyReader {
  readonly #reader: TailReader;
  #lost = 0;
  #isWaiting = false;

  constructor(reader: TailReader) {
    this.#reader = reader;
  }

  offer(line: TailLine): void {
    if (this.#tell() && this.#reader.take(line)) return;
    this.#lost += 1;
    void this.#tellLater();
  }

  /** Whether nothing is missing that was not told. */
  #tell(): boolean {
    if (this.#lost === 0) return true;
    if (!this.#reader.take({ lost: this.#lost })) return false;
    this.#lost = 0;
    return true;
  }

  /** Also when no further line comes. */
  async #tellLater(): Promise<void> {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    while (!this.#reader.signal.aborted && !this.#tell()) await this.#reader.room();
    this.#isWaiting = false;
  }
}
