import type { Knex } from 'knex';
import { systemClock } from '../../kernel/clock.ts';
import type { AppliedPosition, Position } from '../../kernel/position.ts';
import { sleep } from '../../kernel/service.ts';
import { ProjectionStore } from '../../store/projection-store.ts';

const POLL_MS = 200;

/**
 * How far a read model is, as it is committed with its rows: another process keeps it in step. Without changes that is
 * written every five seconds, so a fence takes as long.
 */
export class StoredPosition implements AppliedPosition {
  readonly #target: Knex;
  readonly #projection: string;
  readonly #projections = new ProjectionStore();

  constructor(target: Knex, projection: string) {
    this.#target = target;
    this.#projection = projection;
  }

  /** Never known without asking. */
  current(): undefined {
    return undefined;
  }

  async waitFor(position: Position, budgetMs: number): Promise<boolean> {
    const deadline = systemClock.now() + budgetMs;
    for (;;) {
      const row = await this.#projections.find(this.#target, this.#projection).catch(() => undefined);
      if (row?.state === 'ready' && row.position >= position) return true;
      const left = deadline - systemClock.now();
      if (left <= 0) return false;
      await sleep(Math.min(POLL_MS, left));
    }
  }
}
