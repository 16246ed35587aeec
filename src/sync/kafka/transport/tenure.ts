import { randomUUID } from 'node:crypto';
import { type Log, silentLog } from '../../../kernel/log.ts';
import { sleep } from '../../../kernel/service.ts';
import { Seat } from '../../offices/seat.ts';

const ASK_EVERY_MS = 500;

/** What only one process of a migration does at a time. */
export type Office = 'leader' | 'projector' | 'publisher' | 'landing' | 'events';

export interface TenureOptions {
  readonly migration: string;
  readonly office: Office;
  /** UUID of this process, which its other sessions are named after. Default: one of its own. */
  readonly process?: string | undefined;
  readonly log?: Log | undefined;
}

/** The lock of an office. */
export function officeLock(office: Office, migration: string): string {
  return `strangler-fig ${office} ${migration}`;
}

/** One process's time in an office that nobody shares. See `Seat`. */
export class Tenure implements AsyncDisposable {
  readonly #seat: Seat;

  private constructor(seat: Seat) {
    this.#seat = seat;
  }

  /** Waits for its turn; undefined when the signal aborts before. Rejects when the store does not answer. */
  static async take(storeUrl: string, options: TenureOptions, signal: AbortSignal): Promise<Tenure | undefined> {
    const { migration, office, process = randomUUID(), log = silentLog } = options;
    const seat = await Seat.take(storeUrl, { process, migration, office, able: [] }, log);
    try {
      while (!signal.aborted) {
        if (await seat.lock(officeLock(office, migration))) return new Tenure(seat);
        await sleep(ASK_EVERY_MS, signal);
      }
    } catch (error) {
      await seat[Symbol.asyncDispose]();
      throw error;
    }
    await seat[Symbol.asyncDispose]();
    return undefined;
  }

  /** Aborts when another process may have taken over. */
  get lost(): AbortSignal {
    return this.#seat.lost;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#seat[Symbol.asyncDispose]();
  }
}
