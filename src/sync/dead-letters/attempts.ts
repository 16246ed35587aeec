import type { Knex } from 'knex';
import type { DeadLetterNote } from '../../store/dead-letter-store.ts';
import { checkConstraints } from './check-constraints.ts';
import { describeFailure } from './describe-failure.ts';
import { isolateFailures } from './isolate-failures.ts';
import { isOfDefinition, isParkable } from './transient-errors.ts';

/** What a failure would be noted under. */
export type Place = Omit<DeadLetterNote, 'code' | 'message'>;

/** How the steps of a batch are done. */
export interface Attempts {
  run<T>(
    tx: Knex.Transaction,
    items: readonly T[],
    attempt: (tx: Knex.Transaction, part: readonly T[]) => Promise<void>,
    placeOf: (item: T) => Place,
  ): Promise<void>;
}

/** Straight on: the first failure ends the batch. It costs nothing, and nearly every batch goes through this way. */
export const straight: Attempts = { run: (tx, items, attempt) => attempt(tx, items) };

/** So many keys in a row for which PostgreSQL rejects the statement itself: it would reject it for every other, too. */
const SAME_FOR_ALL = 3;

/** With savepoints: what fails by itself is found and noted, the rest is done. */
export class CarefulAttempts implements Attempts {
  /** Whether constraints that wait for COMMIT are checked for each part. A part may need another one to satisfy them. */
  readonly checksConstraints: boolean;
  readonly #room: number;
  readonly #failures = new Map<string, DeadLetterNote>();
  #setAside = 0;
  #isGivenUp = false;

  /** `room`: with more failures than these nothing further is tried. */
  constructor(room: number, { checksConstraints = false }: { readonly checksConstraints?: boolean } = {}) {
    this.#room = room;
    this.checksConstraints = checksConstraints;
  }

  get failures(): readonly DeadLetterNote[] {
    return [...this.#failures.values()];
  }

  /** Whether it makes no sense to go on: some of what failed concerns every key, or there is too much of it. */
  get isHopeless(): boolean {
    return this.#isGivenUp || this.exceeds(0) || this.failures.some(({ kind }) => kind !== 'build');
  }

  /** Whether a mirror lacks rows from here on, or has old ones: only a new copy puts that right. */
  get isMirrorWrong(): boolean {
    return this.failures.some(({ kind }) => kind === 'land');
  }

  /** Whether so many letters more would be too many. */
  exceeds(letters: number): boolean {
    return this.#failures.size + this.#setAside + letters > this.#room;
  }

  /** Makes it hopeless. */
  giveUp(): void {
    this.#isGivenUp = true;
  }

  /** Counts letters that were written already. */
  noteSetAside(letters: number): void {
    this.#setAside += letters;
  }

  async run<T>(
    tx: Knex.Transaction,
    items: readonly T[],
    attempt: (tx: Knex.Transaction, part: readonly T[]) => Promise<void>,
    placeOf: (item: T) => Place,
  ): Promise<void> {
    const rejected: DeadLetterNote[] = [];
    let succeeded = false;
    await isolateFailures(
      items,
      async (part) => {
        await tx.transaction(async (savepoint) => {
          await attempt(savepoint, part);
          if (this.checksConstraints) await checkConstraints(savepoint);
        });
        succeeded = true;
      },
      (item, error) => {
        const note = { ...placeOf(item), ...describeFailure(error) };
        this.#failures.set(JSON.stringify([note.kind, note.key, note.source, note.sourceKey]), note);
        if (isOfDefinition(error)) rejected.push(note);
        return this.#failures.size <= this.#room && (succeeded || rejected.length < SAME_FOR_ALL);
      },
      isParkable,
    );
    if (!succeeded && rejected.length > 0) this.#blameTheModel(rejected);
  }

  #blameTheModel(rejected: readonly DeadLetterNote[]): void {
    const [sample] = rejected;
    if (sample?.kind !== 'build') return;
    for (const [place, note] of this.#failures) if (rejected.includes(note)) this.#failures.delete(place);
    this.#failures.set('model', { ...sample, kind: 'model' });
  }
}
