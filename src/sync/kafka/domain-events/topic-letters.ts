import type { Knex } from 'knex';
import { anyKey } from '../../../kernel/parked-keys.ts';
import { DeadLetterStore } from '../../../store/dead-letter-store.ts';
import { ParkedMessageStore } from '../../../store/parked-message-store.ts';
import { describeLetter, type LetterLimits } from '../../dead-letters/letter-book.ts';

const nobody: readonly string[] = [];

/** The dead letters of a read model made of topics, as they were last read. The store has the last word: others may discard. */
export class TopicLetters {
  readonly #db: Knex;
  readonly #projection: string;
  readonly #limits: LetterLimits;
  readonly #onParked: () => void;
  #parked = nobody;
  #parkings = 0;
  #count = 0;
  #waiting = 0;
  #first: string | undefined;

  constructor(db: Knex, projection: string, limits: LetterLimits, onParked: () => void) {
    this.#db = db;
    this.#projection = projection;
    this.#limits = limits;
    this.#onParked = onParked;
  }

  get count(): number {
    return this.#count;
  }

  /** Keys of the read model whose rows lack an event. Another list whenever they change, else the same. */
  get parked(): readonly string[] {
    return this.#parked;
  }

  /** Grows with every key that is parked. */
  get parkings(): number {
    return this.#parkings;
  }

  /** Why nothing further is read: the topic keeps it, so that nothing has to be stored here. */
  get pausedBecause(): string | undefined {
    if (this.#count > this.#limits.letters) {
      return `${this.#count} keys are parked (at most ${this.#limits.letters} may be), the first: ${this.#first}`;
    }
    return this.#waiting > this.#limits.waiting
      ? `${this.#waiting} events wait for others that are not taken`
      : undefined;
  }

  /** Reads them again. Resolves when whoever must know has been told. */
  async load(): Promise<void> {
    const letters = await new DeadLetterStore().list(this.#db, [this.#projection]);
    const { keys: waiting, unknown } =
      letters.length === 0
        ? { keys: nobody, unknown: false }
        : await new ParkedMessageStore().modelKeys(this.#db, this.#projection);
    const keys = [...(unknown ? [anyKey] : []), ...waiting];
    this.#count = letters.length;
    this.#waiting = letters.reduce((sum, { changesSince }) => sum + changesSince, 0);
    this.#first = letters[0] && describeLetter(letters[0]);
    if (keys.length === this.#parked.length && keys.every((key, i) => key === this.#parked[i])) return;
    const isMore = keys.some((key) => !this.#parked.includes(key));
    this.#parked = keys;
    if (!isMore) return;
    this.#parkings += 1;
    this.#onParked();
  }
}
