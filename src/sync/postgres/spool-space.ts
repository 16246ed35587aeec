import { tmpdir } from 'node:os';
import { FigError } from '../../kernel/fig-error.ts';

export interface SpoolOptions {
  /** Where transactions that are too large for memory wait for their commit. */
  readonly folder: string;
  /** What they may take there together. */
  readonly maxBytes: number;
}

export const spoolDefaults: SpoolOptions = { folder: tmpdir(), maxBytes: 20 * 1024 ** 3 };

/** The disk space that all spools of a session share, and how much is still on its way to the disk. */
export class SpoolSpace {
  readonly folder: string;
  readonly #maxBytes: number;
  readonly #onWritten: () => void;
  readonly #onFailure: (error: unknown) => void;
  #used = 0;
  #backlog = 0;

  constructor({ folder, maxBytes }: SpoolOptions, onWritten: () => void, onFailure: (error: unknown) => void) {
    this.folder = folder;
    this.#maxBytes = maxBytes;
    this.#onWritten = onWritten;
    this.#onFailure = onFailure;
  }

  get used(): number {
    return this.#used;
  }

  /** Bytes that wait in memory for the disk. */
  get backlog(): number {
    return this.#backlog;
  }

  take(bytes: number): void {
    if (this.#used + bytes > this.#maxBytes) {
      throw new FigError(
        'FIG_SPOOL_FULL',
        `large transactions need more than ${this.#maxBytes} bytes in ${this.folder}`,
      );
    }
    this.#used += bytes;
  }

  giveBack(bytes: number): void {
    this.#used -= bytes;
  }

  writing(bytes: number): void {
    this.#backlog += bytes;
  }

  written(bytes: number): void {
    this.#backlog -= bytes;
    this.#onWritten();
  }

  failed(error: unknown): void {
    this.#onFailure(error);
  }
}
