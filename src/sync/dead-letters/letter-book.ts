import type { Knex } from 'knex';
import { anyKey } from '../../kernel/parked-keys.ts';
import { type DeadLetter, DeadLetterStore } from '../../store/dead-letter-store.ts';
import { ParkedChangeStore } from '../../store/parked-change-store.ts';
import { eventSource, translatedSource } from '../domain-events/event-source.ts';

const nobody: readonly string[] = [];
/** With more changes waiting behind others than these, to make all anew costs less than to keep them. */
export const MOST_WAITING = 10_000;

export interface LetterLimits {
  /** With more letters than these the read model as a whole is not trusted. */
  readonly letters: number;
  /** And so with more changes waiting behind others than these. */
  readonly waiting: number;
}

/** The dead letters of one projection as they were last read. The store has the last word: others may discard. */
export class LetterBook {
  readonly #projection: string;
  readonly limits: LetterLimits;
  readonly #store = new DeadLetterStore();
  #letters: readonly DeadLetter[] = [];
  #parked = nobody;
  #isStale = false;

  constructor(projection: string, limits: LetterLimits) {
    this.#projection = projection;
    this.limits = limits;
  }

  get count(): number {
    return this.#letters.length;
  }

  /** How many more there may be. */
  get room(): number {
    return Math.max(0, this.limits.letters - this.count);
  }

  /** Keys of the read model whose rows are not what legacy has. Another list whenever they change, else the same. */
  get parked(): readonly string[] {
    return this.#parked;
  }

  /** Whether a mirror did not take a row, so that only a new copy from legacy puts it right. */
  get isMirrorWrong(): boolean {
    return this.#letters.some(({ kind }) => kind === 'land');
  }

  /** Why no row of the read model can be trusted; undefined while it is only the parked ones. */
  get pausedBecause(): string | undefined {
    const unbounded = this.#letters.find(({ kind }) => kind !== 'build' && kind !== 'change');
    if (unbounded) return describeLetter(unbounded);
    const [first] = this.#letters;
    if (first && this.count > this.limits.letters) {
      const what = first.kind === 'change' ? 'rows are parked' : 'keys cannot be built';
      return `${this.count} ${what} (at most ${this.limits.letters} may be), the first: ${describeLetter(first)}`;
    }
    const waiting = this.#letters.reduce(
      (sum, { kind, changesSince }) => sum + (kind === 'change' ? changesSince : 0),
      0,
    );
    return waiting > this.limits.waiting ? `${waiting} changes wait for others that handlers do not take` : undefined;
  }

  /** Something comes to wait: whether that is committed is not known before the letters are read again. */
  expire(): void {
    this.#isStale = true;
  }

  /** Reads them again if something came to wait since they were last read. */
  async refresh(db: Knex): Promise<void> {
    if (this.#isStale) await this.load(db);
  }

  async load(db: Knex): Promise<void> {
    this.#letters = await this.#store.list(db, [this.#projection]);
    const keys = this.#letters.flatMap(({ kind, key }) => (kind === 'build' && key !== undefined ? [key] : []));
    if (this.#letters.some(({ kind }) => kind === 'change')) {
      const { keys: waiting, unknown } = await new ParkedChangeStore().modelKeys(db, this.#projection);
      keys.push(...(unknown ? [anyKey] : []), ...waiting);
    }
    const isSame = keys.length === this.#parked.length && keys.every((key, i) => key === this.#parked[i]);
    if (!isSame) this.#parked = keys;
    this.#isStale = false;
  }
}

/** One line: what could not be done, and what it failed with. */
export function describeLetter({ kind, key, source, code, message }: DeadLetter): string {
  const what = {
    build: `key ${key} cannot be built`,
    model: 'no key can be built',
    dirty: `dirty fails for a row of ${source}`,
    land: `the mirror of ${source} does not take a row`,
    change: changeText(source),
    message: `an event of the topic ${source} is not taken`,
  }[kind];
  return `${what}: ${code} ${message}`;
}

function changeText(source: string | undefined): string {
  if (source === eventSource) return 'an event is not taken';
  return source !== undefined && translatedSource(source) !== undefined
    ? `the ${source} fails for a change`
    : `the handler of ${source} does not take a change`;
}
