import type { Knex } from 'knex';
import type { EventReadModelDefinition } from '../../config/event-read-model.ts';
import { milestone } from '../../kernel/milestones.ts';
import { type DeadLetter, DeadLetterStore, letterPlace } from '../../store/dead-letter-store.ts';
import { ParkedChangeStore } from '../../store/parked-change-store.ts';
import type { ReadModelNames } from '../../store/read-model-names.ts';
import { type Attempts, CarefulAttempts } from '../dead-letters/attempts.ts';
import type { Failure } from '../dead-letters/describe-failure.ts';
import { landApart } from '../dead-letters/land-apart.ts';
import type { LetterBook } from '../dead-letters/letter-book.ts';
import { mayMiss } from '../dead-letters/may-miss.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';
import type { AppliedPiece, Correction, Derivation, Stage, StoredReads, WalkedPage } from '../projection/derivation.ts';
import { ChangeGiver } from './change-giver.ts';
import { EventQueue, TooManyWaiting } from './event-queue.ts';
import { OwnTables } from './own-tables.ts';
import { correctionEvents } from './correction-events.ts';
import type { RowEvent } from './row-event.ts';
import { rowEventsOf } from './row-events.ts';
import { standingOf } from './walk-rule.ts';

/** Waiting changes of one row that are tried in one transaction; applying the stream waits for it. */
const TRIED_AT_ONCE = 100;

/** Lets handlers write the rows of a read model, change by change in commit order, each exactly once. */
export class EventHandlers implements Derivation {
  readonly walked: readonly string[];
  readonly page = 200;
  readonly #definition: EventReadModelDefinition;
  readonly #projection: string;
  readonly #mirrors: ReadonlyMap<string, MirrorTable>;
  readonly #letters: LetterBook;
  readonly #tables: OwnTables;
  readonly #giver: ChangeGiver;
  readonly #parked = new ParkedChangeStore();

  constructor(
    definition: EventReadModelDefinition,
    names: ReadModelNames,
    mirrors: ReadonlyMap<string, MirrorTable>,
    letters: LetterBook,
  ) {
    this.#definition = definition;
    this.#projection = names.projection;
    this.#mirrors = mirrors;
    this.#letters = letters;
    this.walked = [...mirrors.keys()];
    this.#tables = new OwnTables(names.schema, definition);
    this.#giver = new ChangeGiver(names.schema, definition, mirrors);
  }

  readsOf(source: string, stage: Stage): StoredReads {
    return standingOf(source, this.walked, stage) === 'ahead' ? 'moved' : 'touched';
  }

  async create(tx: Knex.Transaction): Promise<void> {
    await this.#tables.create(tx);
  }

  async empty(tx: Knex.Transaction): Promise<void> {
    await this.#tables.empty(tx);
    // Every row is met again, those whose changes wait among them.
    await this.#parked.forget(tx, this.#projection, 'remove');
  }

  async analyze(tx: Knex.Transaction): Promise<void> {
    await this.#tables.analyze(tx);
  }

  async apply(tx: Knex.Transaction, attempts: Attempts, piece: AppliedPiece): Promise<void> {
    const { state } = piece.stage;
    const isHopeless = attempts instanceof CarefulAttempts && attempts.isHopeless;
    if ((state === 'building' || state === 'ready') && !isHopeless) {
      await this.#give(tx, attempts, await rowEventsOf(tx, this.#mirrors, piece));
    }
    for (const [name, table] of piece.net) {
      const rules = { mayMiss: mayMiss(state, this.#letters, attempts), readStored: false };
      await landApart(tx, attempts, this.#mirrors.get(name)!, table, rules);
    }
    milestone('sync:landed');
  }

  async walk(tx: Knex.Transaction, attempts: Attempts, { source, rows, position }: WalkedPage): Promise<void> {
    const facts = { source, kind: 'snapshot' as const, before: undefined, position, committedAtMs: undefined };
    await this.#give(
      tx,
      attempts,
      rows.map((after) => ({ ...facts, after })),
    );
  }

  async correct(tx: Knex.Transaction, attempts: Attempts, correction: Correction): Promise<void> {
    const mirror = this.#mirrors.get(correction.source)!;
    await this.#give(tx, attempts, await correctionEvents(tx, mirror, correction));
    await mirror.land(tx, correction.net, { mayMiss: false, readStored: false });
  }

  async mend(tx: Knex.Transaction, letter: DeadLetter, { state }: Stage): Promise<'tried' | 'anew'> {
    // Out of use, the read model has missed changes, so it is of no use to try some.
    if (state === 'paused') return 'anew';
    const place = letterPlace(letter);
    const letters = new DeadLetterStore();
    const done: string[] = [];
    let failure: Failure | undefined;
    await this.#giver.prepare(tx);
    for (const change of await this.#parked.first(tx, this.#projection, place, TRIED_AT_ONCE)) {
      failure = await this.#giver.tryGive(tx, change, { checksConstraints: true });
      if (failure) break;
      done.push(change.id);
    }
    const isMore = await this.#parked.take(tx, this.#projection, place, done);
    if (!isMore) await letters.remove(tx, letter.id);
    // After a success it is another change that fails, so it is tried as often as if it were new.
    else if (failure) await letters.failedAgain(tx, done.length > 0 ? { ...letter, attempts: 0 } : letter, failure);
    else await letters.hasten(tx, { id: letter.id });
    return 'tried';
  }

  async giveUp(tx: Knex.Transaction, until: 'copy' | 'anew'): Promise<void> {
    // What waits has no meaning without the changes that are not given from now on. Its letters stand for the way back.
    await this.#parked.forget(tx, this.#projection, until === 'copy' ? 'remove' : 'keep');
  }

  async #give(tx: Knex.Transaction, attempts: Attempts, events: readonly RowEvent[]): Promise<void> {
    if (events.length === 0) return;
    const careful = attempts instanceof CarefulAttempts ? attempts : undefined;
    if (careful?.isHopeless) return;
    const parts = {
      projection: this.#projection,
      definition: this.#definition,
      mirrors: this.#mirrors,
      mostWaiting: this.#letters.limits.waiting,
    };
    const queue = await EventQueue.open(tx, parts, this.#letters.count > 0 || careful !== undefined);
    await this.#giver.prepare(tx);
    for (const event of events) {
      if (queue.takes(event)) {
        // Only with care is it noted that the read model goes out of use.
        if (queue.isTooLong && !careful) throw new TooManyWaiting('too many changes wait');
        if (queue.isTooLong) careful?.giveUp();
      } else if (!careful) {
        await this.#giver.give(tx, event);
      } else {
        const failure = await this.#giver.tryGive(tx, event, careful);
        if (failure) queue.park(event, failure);
      }
      // The rest is given when all is made anew.
      if (careful?.exceeds(queue.letters) || careful?.isHopeless) break;
    }
    await queue.close(tx);
    if (queue.hasGrown) this.#letters.expire();
    careful?.noteSetAside(queue.letters);
  }
}
