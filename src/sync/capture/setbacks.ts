import { restAfter } from '../../kernel/service.ts';

/** How long a read model that has failed is left alone. */
export interface SetbackRests {
  readonly firstMs: number;
  readonly mostMs: number;
}

export const setbackRests: SetbackRests = { firstMs: 1_000, mostMs: 60_000 };

interface Setback {
  /** In a row. */
  failures: number;
  triedAtMs: number;
  isFailing: boolean;
}

/**
 * Remembers how often read models failed, over all sessions: one that always fails must not begin with the shortest rest
 * whenever a session begins. No I/O and no clock.
 */
export class Setbacks {
  readonly #rests: SetbackRests;
  readonly #known = new Map<string, Setback>();

  constructor(rests: SetbackRests = setbackRests) {
    this.#rests = rests;
  }

  /** It is tried, for the first time or again. */
  tries(readModel: string, nowMs: number): void {
    const known = this.#known.get(readModel);
    if (known) known.triedAtMs = nowMs;
    else this.#known.set(readModel, { failures: 0, triedAtMs: nowMs, isFailing: false });
  }

  /** Returns for how long it is to be left alone, half of it by chance. One that went well for long fails as for the first time. */
  failed(readModel: string, nowMs: number): number {
    const known = this.#known.get(readModel) ?? { failures: 0, triedAtMs: nowMs, isFailing: false };
    const wentWell = nowMs - known.triedAtMs > this.#rests.mostMs;
    const failures = wentWell ? 1 : known.failures + 1;
    this.#known.set(readModel, { failures, triedAtMs: known.triedAtMs, isFailing: true });
    return restAfter(failures, this.#rests.mostMs, this.#rests.firstMs);
  }

  /** It works, and has caught up. How soon it fails again decides whether that counts. */
  recovered(readModel: string): void {
    const known = this.#known.get(readModel);
    if (known) known.isFailing = false;
  }

  /** Failures in a row of one that does not work now. */
  failuresOf(readModel: string): number {
    const known = this.#known.get(readModel);
    return known?.isFailing ? known.failures : 0;
  }
}
