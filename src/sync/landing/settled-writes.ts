import type { Knex } from 'knex';
import type { Position, SourcePosition } from '../../kernel/position.ts';
import { SettledClock } from '../kafka/domain-events/settled-clock.ts';
import { inTransaction } from '../projection/in-transaction.ts';
import type { LandingPlace } from './landing-place.ts';

/** Prefix of the messages in the log of the landing database that tell which steps of the store have landed by time. */
export const settledPrefix = 'fig.settled';

export interface SettledWritesParts {
  readonly db: Knex;
  readonly place: LandingPlace;
  /** Steps of the store. */
  readonly clock: SourcePosition;
  /** How long a write may take to get into the topics. */
  readonly settleMs: number;
}

/**
 * Where nobody may ask the legacy server how far it is, visitors' writes are ordered by steps of the control store: one counts as
 * landed when the topics were read to their ends so long after it that it must have been in them.
 */
export class SettledWrites {
  readonly #parts: SettledWritesParts;
  readonly #settled: SettledClock;
  #told: Position | undefined;

  constructor(parts: SettledWritesParts) {
    this.#parts = parts;
    this.#settled = new SettledClock(parts.settleMs);
  }

  /** `landedAt`: what was written to the topics before it has landed, in milliseconds of `performance.now()`. */
  async tell(landedAt: number | undefined): Promise<void> {
    const { db, place, clock } = this.#parts;
    // While the store does not answer, nothing is promised and changes go on landing.
    const step = await clock.read().catch(() => undefined);
    // Afterwards: whoever has an earlier step had it by now.
    if (step !== undefined) this.#settled.sample(performance.now(), step, 'store');
    const reached = landedAt === undefined ? undefined : this.#settled.settledAt(landedAt);
    if (reached === undefined || reached === this.#told) return;
    await inTransaction(db, (tx) => place.tell(tx, settledPrefix, reached));
    this.#told = reached;
  }
}
