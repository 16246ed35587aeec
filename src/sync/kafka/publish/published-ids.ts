import type { Knex } from 'knex';
import { machineNow } from '../../../kernel/machine-time.ts';
import { type IdColumn, type IdCursor, PublishedIdStore } from '../../../store/published-id-store.ts';
import { mayComeAgain } from './may-come-again.ts';

const LOOK_EVERY_MS = 60_000;
/** Looked at in one go, and how many goes there are at a time: events wait meanwhile. */
const PAGE = 5_000;
const MOST_PAGES = 20;

export interface PublishedIdsOptions {
  readonly target: Knex;
  /** What is published, as a projection. */
  readonly published: string;
  /** Read models that are captured, as projections: what all of them have applied the log does not bring again. */
  readonly projections: readonly string[];
  /** Of the mirror of the outbox that the published events are read from. */
  readonly outbox: IdColumn | undefined;
  /** Whether rows that are there are translated when all is given again. */
  readonly translatesHistory: boolean;
  /** No id is forgotten before. */
  readonly keepMs: number;
  /** How often it is looked, at most. Default: once a minute. */
  readonly everyMs?: number | undefined;
}

/**
 * Forgets ids of published events that can come no more. See docs/decisions/0071-what-events-leave-behind.md for which ones
 * that are.
 */
export class PublishedIds {
  readonly #options: PublishedIdsOptions;
  readonly #store = new PublishedIdStore();
  #lookAt = 0;
  /** The least position of all read models when it was last looked. */
  #seen: bigint | undefined;
  #after: IdCursor | undefined;

  constructor(options: PublishedIdsOptions) {
    this.#options = options;
  }

  /** Does nothing when it was just looked. */
  async forget(signal: AbortSignal): Promise<void> {
    const { target, projections, everyMs = LOOK_EVERY_MS } = this.#options;
    if (machineNow() < this.#lookAt) return;
    this.#lookAt = machineNow() + everyMs;
    const before = this.#seen;
    const least = await this.#store.leastPosition(target, projections);
    this.#seen = least;
    // That it has moved since means that the log was read on from there, and that legacy's server has been told.
    if (least === undefined || before === undefined || least <= before) return;
    for (let page = 0; page < MOST_PAGES && !signal.aborted; page += 1) {
      const { looked, forgotten } = await this.#forgetPage(before);
      // What stays is looked at again another time; it may be all that a large outbox still has.
      if (looked < PAGE || forgotten === 0) return;
    }
  }

  async #forgetPage(upTo: bigint): Promise<{ readonly looked: number; readonly forgotten: number }> {
    const { target, published, outbox, translatesHistory, keepMs } = this.#options;
    return target.transaction(
      async (tx) => {
        // A mirror that is being copied lacks rows that there are.
        if (!(await this.#store.isCopied(tx, published))) return { looked: 0, forgotten: 0 };
        const page = { olderThanMs: keepMs, upTo, after: this.#after, most: PAGE };
        const old = await this.#store.old(tx, page);
        this.#after = old.length < PAGE ? undefined : old.at(-1);
        const ids = old.map(({ id }) => id).filter((id) => !mayComeAgain(id, { translatesHistory }));
        const standing = outbox && ids.length > 0 ? await this.#store.standing(tx, outbox, ids) : new Set<string>();
        const gone = ids.filter((id) => !standing.has(id));
        if (gone.length > 0) await this.#store.forget(tx, gone);
        return { looked: old.length, forgotten: gone.length };
      },
      { isolationLevel: 'repeatable read' },
    );
  }
}
