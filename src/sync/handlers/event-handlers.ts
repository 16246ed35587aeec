import type { Knex } from 'knex';
import type { EventReadModelDefinition } from '../../config/event-read-model.ts';
import { qualifiedSource } from '../../config/mirror-name.ts';
import { milestone } from '../../kernel/milestones.ts';
import { type DeadLetter, DeadLetterStore, letterPlace } from '../../store/dead-letter-store.ts';
import { ParkedChangeStore } from '../../store/parked-change-store.ts';
import type { ReadModelNames } from '../../store/read-model-names.ts';
import { type Attempts, CarefulAttempts } from '../dead-letters/attempts.ts';
import type { Failure } from '../dead-letters/describe-failure.ts';
import { landApart } from '../dead-letters/land-apart.ts';
import type { LetterBook } from '../dead-letters/letter-book.ts';
import { EarlyEvents } from '../domain-events/early-events.ts';
import { EventFeeds } from '../domain-events/event-feeds.ts';
import { translatedSource } from '../domain-events/event-source.ts';
import { mayMiss } from '../dead-letters/may-miss.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';
import type { AppliedPiece, Correction, Derivation, Stage, StoredReads, WalkedPage } from '../projection/derivation.ts';
import { ChangeGiver } from './change-giver.ts';
import { correctionEvents } from './correction-events.ts';
import { Giving, type GivingParts, tryTranslate } from './giving.ts';
import { OwnTables } from './own-tables.ts';
import { QueuedSources } from './queued-sources.ts';
import type { RowEvent } from './row-event.ts';
import { rowEventsOf } from './row-events.ts';
import { standingOf } from './walk-rule.ts';

/** Waiting changes of one row that are tried in one transaction; applying the stream waits for it. */
const TRIED_AT_ONCE = 100;

/** Lets handlers write the rows of a read model, change by change in commit order, each exactly once. */
export class EventHandlers implements Derivation {
  readonly walked: readonly string[];
  readonly page = 200;
  readonly #projection: string;
  readonly #mirrors: ReadonlyMap<string, MirrorTable>;
  readonly #letters: LetterBook;
  readonly #tables: OwnTables;
  readonly #giver: ChangeGiver;
  readonly #giving: GivingParts;
  readonly #feeds: EventFeeds | undefined;
  readonly #early: EarlyEvents;
  readonly #parked = new ParkedChangeStore();

  constructor(
    definition: EventReadModelDefinition,
    names: ReadModelNames,
    mirrors: ReadonlyMap<string, MirrorTable>,
    letters: LetterBook,
  ) {
    this.#projection = names.projection;
    this.#mirrors = mirrors;
    this.#letters = letters;
    this.walked = [...mirrors.keys()];
    this.#tables = new OwnTables(names.schema, definition);
    this.#giver = new ChangeGiver(names.schema, definition, mirrors);
    this.#early = new EarlyEvents(names.projection);
    this.#feeds = definition.events && new EventFeeds(definition.events, mirrors, calledAs(definition));
    this.#giving = {
      projection: names.projection,
      giver: this.#giver,
      feeds: this.#feeds,
      sources: new QueuedSources(definition, mirrors),
      letters,
    };
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
    // Events come once: those that come before their history is given wait for it.
    const isGiven = state === 'building' || state === 'ready' || (state === 'copying' && this.#feeds);
    if (isGiven && !isHopeless) {
      const events = await rowEventsOf(tx, this.#mirrors, piece, this.#feeds);
      await this.#give(tx, attempts, events, { later: state !== 'ready' });
    }
    for (const [name, table] of piece.net) {
      const rules = { mayMiss: mayMiss(state, this.#letters, attempts), readStored: false };
      await landApart(tx, attempts, this.#mirrors.get(name)!, table, rules);
    }
    milestone('sync:landed');
  }

  async walk(tx: Knex.Transaction, attempts: Attempts, { source, rows, position }: WalkedPage): Promise<void> {
    const place = { position, committedAtMs: undefined, number: undefined };
    const met = rows.map((after) => ({ ...place, source, kind: 'snapshot' as const, before: undefined, after }));
    const events = this.#feeds?.isOutbox(source)
      ? await this.#early.without(
          tx,
          met.flatMap((row) => this.#feeds!.ofRow(row)),
        )
      : [];
    await this.#give(tx, attempts, [...met, ...events]);
  }

  async giveEarly(tx: Knex.Transaction, attempts: Attempts): Promise<number> {
    if (!this.#feeds) return 0;
    const events = await this.#early.take(tx);
    await this.#give(tx, attempts, events);
    return events.length;
  }

  async correct(tx: Knex.Transaction, attempts: Attempts, correction: Correction): Promise<void> {
    const mirror = this.#mirrors.get(correction.source)!;
    const changes = await correctionEvents(tx, mirror, correction);
    const missing = changes.filter(({ kind }) => kind === 'insert').flatMap((row) => this.#feeds?.ofRow(row) ?? []);
    await this.#give(tx, attempts, [...changes, ...missing]);
    await mirror.land(tx, correction.net, { mayMiss: false, readStored: false });
  }

  async mend(tx: Knex.Transaction, letter: DeadLetter, { state }: Stage): Promise<'tried' | 'anew'> {
    // Out of use, the read model has missed changes, so it is of no use to try some.
    if (state === 'paused') return 'anew';
    const place = letterPlace(letter);
    const letters = new DeadLetterStore();
    const done: string[] = [];
    const events: RowEvent[] = [];
    let failure: Failure | undefined;
    await this.#giver.prepare(tx);
    for (const change of await this.#parked.first(tx, this.#projection, place, TRIED_AT_ONCE)) {
      if (translatedSource(change.source) === undefined) {
        failure = await this.#giver.tryGive(tx, change, { checksConstraints: true });
      } else {
        const translated = tryTranslate(this.#feeds!, change);
        if ('failure' in translated) failure = translated.failure;
        else events.push(...translated.events);
      }
      if (failure) break;
      done.push(change.id);
    }
    const isMore = await this.#parked.take(tx, this.#projection, place, done);
    if (!isMore) await letters.remove(tx, letter.id);
    // After a success it is another change that fails, so it is tried as often as if it were new.
    else if (failure) await letters.failedAgain(tx, done.length > 0 ? { ...letter, attempts: 0 } : letter, failure);
    else await letters.hasten(tx, { id: letter.id });
    // They may have to wait behind others of their keys. Too many letters are found when the next one is mended.
    await this.#give(tx, new CarefulAttempts(Infinity, { checksConstraints: true }), events);
    return 'tried';
  }

  async giveUp(tx: Knex.Transaction, until: 'copy' | 'anew'): Promise<void> {
    // What waits has no meaning without the changes that are not given from now on. Its letters stand for the way back.
    await this.#parked.forget(tx, this.#projection, until === 'copy' ? 'remove' : 'keep');
  }

  async #give(
    tx: Knex.Transaction,
    attempts: Attempts,
    events: readonly RowEvent[],
    { later = false } = {},
  ): Promise<void> {
    if (events.length === 0 || (attempts instanceof CarefulAttempts && attempts.isHopeless)) return;
    const giving = await Giving.begin(this.#giving, tx, attempts);
    const kept = await giving.giveAll(events, { later });
    await giving.end();
    await this.#early.add(tx, kept);
  }
}

/** The names of the sources as the definition has them, by `schema.table`. */
function calledAs({ sources }: EventReadModelDefinition): ReadonlyMap<string, string> {
  return new Map(Object.keys(sources).map((name) => [qualifiedSource(name), name]));
}
