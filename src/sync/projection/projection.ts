import type { Knex } from 'knex';
import { type CapturedReadModel, isHandled } from '../../config/read-model-kinds.ts';
import { FigError } from '../../kernel/fig-error.ts';
import { milestone } from '../../kernel/milestones.ts';
import type { Position } from '../../kernel/position.ts';
import { DeadLetterStore } from '../../store/dead-letter-store.ts';
import { type BuildCursor, ProjectionStore, type ProjectionState } from '../../store/projection-store.ts';
import { type OwedPlace, OwedRowStore } from '../../store/owed-row-store.ts';
import { mirrorTableName, type ReadModelNames, readModelNames } from '../../store/read-model-names.ts';
import type { LargeTransaction, RawRow, SourceTransaction } from '../change.ts';
import { netOfRows } from '../mirror/collapse-changes.ts';
import type { StoredPosition } from '../capture/judge-position.ts';
import type { CarefulAttempts } from '../dead-letters/attempts.ts';
import type { CopiedChunk } from '../mirror/copied-chunk.ts';
import { doGuarded, type GuardedWork } from '../dead-letters/guarded-work.ts';
import { copyApart, landApart } from '../dead-letters/land-apart.ts';
import { LetterBook } from '../dead-letters/letter-book.ts';
import type { Mending } from '../dead-letters/mending.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';
import { mirrorsOf } from '../mirror/mirrors-of.ts';
import type { SourceTables } from '../postgres/catalog.ts';
import { type ColumnFill, SourceCopies } from '../mirror/source-copies.ts';
import { ChangeApplier } from './change-applier.ts';
import { BelievedPlace } from './believed-place.ts';
import type { Derivation } from './derivation.ts';
import { DirtyBuild } from './dirty-build.ts';
import { inTransaction } from './in-transaction.ts';
import type { ProjectionOptions } from './projection-options.ts';
import { remakeSchemas } from './remake-schemas.ts';
import { EventHandlers } from '../handlers/event-handlers.ts';

type InTransaction = (tx: Knex.Transaction) => Promise<void>;

/**
 * Keeps one read model: legacy rows land in mirror tables, and what they mean for the read model is written in one target
 * transaction with the position; how that is made is up to its derivation. What fails by itself becomes a dead letter in that
 * transaction, see docs/decisions/0033-dead-letters.md. Not concurrent: its owner calls one method at a time.
 */
export class Projection {
  readonly definition: CapturedReadModel;
  readonly names: ReadModelNames;
  readonly #db: Knex;
  readonly #store = new ProjectionStore();
  readonly #mirrors: ReadonlyMap<string, MirrorTable>;
  readonly copies: SourceCopies;
  readonly #derivation: Derivation;
  /** How rows are built key by key; undefined where handlers write them. */
  readonly keyed: DirtyBuild | undefined;
  readonly #changes: ChangeApplier;
  readonly #letterStore = new DeadLetterStore();
  readonly #owed = new OwedRowStore();
  readonly letters: LetterBook;
  readonly #at: BelievedPlace;
  readonly #beforeEmptying: () => Promise<void>;

  constructor(db: Knex, definition: CapturedReadModel, tables: SourceTables, options: ProjectionOptions) {
    this.#db = db;
    this.#beforeEmptying = options.beforeEmptying ?? (() => Promise.resolve());
    this.definition = definition;
    this.names = readModelNames(definition);
    this.#at = new BelievedPlace(this.names.projection, options.onMove);
    this.letters = new LetterBook(this.names.projection, options);
    this.#mirrors = mirrorsOf(definition, tables);
    this.copies = new SourceCopies(db, this.names.projection, this.#mirrors, (tx) => this.#at.hold(tx));
    if (isHandled(definition)) {
      this.#derivation = new EventHandlers(definition, this.names, this.#mirrors, this.letters);
    } else {
      this.keyed = new DirtyBuild(definition, this.names, this.#mirrors, this.letters);
      this.#derivation = this.keyed;
    }
    const { projection } = this.names;
    this.#changes = new ChangeApplier(projection, this.#mirrors, this.copies, this.#derivation);
  }

  get state(): ProjectionState {
    return this.#at.state;
  }

  /** Log position that the rows stand at, durably. */
  get position(): Position {
    return this.#at.position;
  }

  get stored(): StoredPosition {
    return { position: this.#at.position, timeline: this.#at.timeline };
  }

  get mirrors(): ReadonlyMap<string, MirrorTable> {
    return this.#mirrors;
  }

  /** Sources whose mirrors are walked to make every row of the read model. */
  get walked(): readonly string[] {
    return this.#derivation.walked;
  }

  /** Takes up what is stored. False: there is nothing, or it was made by another definition; then `restart` it. */
  async resume(fingerprint: string): Promise<boolean> {
    const row = await this.#store.find(this.#db, this.names.projection);
    this.#at.see(row);
    if (!row || row.fingerprint !== fingerprint) return false;
    this.#at.standAt(row);
    await this.letters.load(this.#db);
    return true;
  }

  /** Only for whoever holds the slot: nobody else moves it from now on. Throws when another one came to hold it meanwhile. */
  async claim(): Promise<void> {
    await this.#at.claim(this.#db);
  }

  /** Whoever starts again may have brought the remedy along. Only for whoever holds the slot: another fig counts the rests. */
  async hastenLetters(): Promise<void> {
    await this.#letterStore.hasten(this.#db, { projections: [this.names.projection], automatic: true });
    await this.letters.load(this.#db);
  }

  /** The server goes on with this timeline, and the position is part of it. */
  async reachedOn(timeline: number): Promise<void> {
    if (timeline === this.#at.timeline) return;
    await this.#held((tx) => this.#store.setTimeline(tx, this.names.projection, timeline));
    this.#at.timeline = timeline;
  }

  /** Drops and makes the tables, to be filled from `position` on. */
  async restart(fingerprint: string, position: Position, timeline: number): Promise<void> {
    await this.#beforeEmptying();
    await inTransaction(this.#db, async (tx) => {
      await this.#at.own(tx);
      await remakeSchemas(tx, this.names);
      for (const mirror of this.#mirrors.values()) await mirror.create(tx);
      await this.#derivation.create(tx);
      const { epoch } = this.#at;
      const sources = this.copies.estimates();
      await this.#store.restart(tx, { name: this.names.projection, fingerprint, position, timeline, sources, epoch });
      await this.copies.saveShapes(tx, this.#mirrors.keys());
      await this.#at.tellMoved(tx, position);
    });
    this.copies.await(this.#mirrors.keys());
    this.#at.standAt({ state: 'copying', position, timeline, buildCursor: undefined });
    await this.letters.load(this.#db);
  }

  /** Takes these sources' mirrors away and copies them anew beside the stream; the others keep theirs. */
  async copyAgain(sources: readonly string[]): Promise<void> {
    // Keys that go while the mirror is incomplete are not noticed, so the build begins from nothing.
    await this.#makeAnew('copying', async (tx) => {
      for (const source of sources) await this.#mirrors.get(source)!.remake(tx);
      await this.copies.saveShapes(tx, sources);
      await this.#store.copyAgain(tx, this.names.projection, sources);
    });
    this.copies.await(sources);
  }

  /** Copies columns that came to these sources, beside the stream, into mirrors that keep their rows. */
  async fillColumns(fills: ReadonlyMap<string, ColumnFill>): Promise<void> {
    // As after a copy: what is built meanwhile would be built from columns that are not there yet.
    await this.#makeAnew('copying', async (tx) => {
      await this.copies.addEmpty(tx, fills);
      const columns = new Map([...fills].map(([source, fill]) => [source, fill.columns]));
      await this.#store.fillColumns(tx, this.names.projection, columns);
    });
  }

  /** Applies whole transactions, in commit order, and moves the position to the end of the last. */
  async apply(transactions: readonly SourceTransaction[]): Promise<void> {
    const fresh = transactions.filter(({ endPosition }) => endPosition > this.#at.position);
    const last = fresh.at(-1);
    if (!last) return;
    await this.#guarded((attempts, note) =>
      this.#move(
        last.endPosition,
        (tx) => this.#changes.apply(tx, attempts, { transactions: fresh, stage: this.#at.stage }),
        note,
      ),
    );
  }

  /**
   * Applies a transaction that does not fit into memory, piece by piece, in one target transaction: readers see all of
   * it or nothing. A key that several pieces make dirty is built by each of them.
   */
  async applyLarge(transaction: LargeTransaction): Promise<void> {
    if (transaction.endPosition <= this.#at.position) return;
    const { endPosition, committedAtMs } = transaction;
    await this.#guarded((attempts, note) => {
      const applyPieces = async (tx: Knex.Transaction): Promise<void> => {
        let first = 0;
        for await (const { changes, messages } of transaction.pieces()) {
          const transactions = [{ endPosition, committedAtMs, changes, messages, first }];
          await this.#changes.apply(tx, attempts, { transactions, stage: this.#at.stage });
          first += changes.length;
        }
      };
      return this.#move(endPosition, applyPieces, note);
    });
  }

  /** Records that nothing that matters lies between the position and this one. */
  async skipTo(position: Position): Promise<void> {
    if (position > this.#at.position) await this.#move(position, async () => undefined);
  }

  /** Lands copied rows together with the cursor that says where copying goes on. */
  async landCopy(chunk: CopiedChunk): Promise<void> {
    const mirror = this.#mirrors.get(chunk.source)!;
    await this.#guarded((attempts, note) =>
      this.#held(async (tx) => {
        await copyApart(tx, attempts, mirror, chunk);
        await landApart(tx, attempts, mirror, chunk.later, { mayMiss: true, readStored: false });
        const progress = { cursor: chunk.cursor, copied: chunk.rows, done: chunk.last };
        await this.#store.saveBackfill(tx, this.names.projection, chunk.source, progress);
        if (chunk.paid.length > 0) await this.#owed.remove(tx, this.#placeOf(chunk.source), chunk.paid);
        await note(tx);
      }),
    );
    milestone('sync:chunk-landed');
  }

  /** Called when every source is copied: from now on changes are built. */
  async startBuilding(): Promise<void> {
    await this.letters.refresh(this.#db);
    const state = this.letters.pausedBecause === undefined ? 'building' : 'paused';
    await this.#held(async (tx) => {
      for (const [name] of this.#mirrors) {
        await tx.raw(`ANALYZE "${this.names.mirror}"."${mirrorTableName(name)}"`);
      }
      await this.#store.setState(tx, this.names.projection, state);
    });
    this.#at.state = state;
  }

  /** Builds the keys of the next page of mirrored rows. Returns how many rows it took; 0 when it is at its end. */
  async buildNext(): Promise<number> {
    await this.#at.recall(this.#db);
    if (this.#at.state !== 'building') return 0;
    const sources = this.walked;
    const [first] = sources;
    // Made of messages alone.
    if (first === undefined) return this.#endWalk();
    const from = this.#at.buildCursor ?? { source: first, key: null };
    const mirror = this.#mirrors.get(from.source)!;
    const rows = await mirror.page(this.#db, from.key, this.#derivation.page);
    const last = rows.at(-1);
    const nextSource = sources[sources.indexOf(from.source) + 1];
    if (!last && nextSource === undefined) return this.#endWalk();
    const cursor: BuildCursor = last
      ? { source: from.source, key: mirror.key.map((column) => last[column]!) }
      : { source: nextSource!, key: null };
    await this.#guarded(async (attempts, note) => {
      await inTransaction(this.#db, async (tx) => {
        await this.#derivation.walk(tx, attempts, { source: from.source, rows, position: this.#at.position });
        await this.#at.saveBuildCursor(tx, cursor, rows.length);
        await note(tx);
      });
      // Also when something fails now: the page is given.
      this.#at.buildCursor = cursor;
    });
    milestone('sync:page-built');
    return this.#at.state === 'building' ? Math.max(1, rows.length) : 0;
  }

  /** Gives what had to wait for the end of the walk; when that is done, the read model is ready. Returns how much it gave. */
  async #endWalk(): Promise<number> {
    let given = 0;
    await this.#guarded((attempts, note) =>
      this.#held(async (tx) => {
        given = await this.#derivation.giveEarly(tx, attempts);
        if (given === 0) {
          await this.#derivation.analyze(tx);
          await this.#store.setState(tx, this.names.projection, 'ready');
        }
        await note(tx);
      }),
    );
    if (this.#at.state !== 'building') return 0;
    if (given === 0) this.#at.state = 'ready';
    return given;
  }

  /** Tries the letter that has been due for longest, and takes the read model back into use when nothing stands against it. */
  async mend(): Promise<Mending> {
    await this.letters.load(this.#db);
    await this.#at.recall(this.#db);
    if (this.#at.state === 'copying' || this.#at.state === 'building') return 'rested';
    if (this.#at.state === 'ready' && this.letters.pausedBecause !== undefined) return this.#pause();
    const tried = await this.#held(async (tx) => {
      const letter = await this.#letterStore.takeDue(tx, this.names.projection);
      if (letter?.kind === 'land') return 'copy-again';
      return letter ? this.#derivation.mend(tx, letter, this.#at.stage) : 'rested';
    });
    if (tried === 'tried') await this.letters.load(this.#db);
    if (tried !== 'anew') {
      // What is due goes first: the more of it succeeds, the less of the new table is missing.
      if (tried !== 'rested' || this.#at.state !== 'paused' || this.letters.pausedBecause !== undefined) return tried;
    }
    // Which keys went wrong while it was paused is not known, so all are built again; legacy is not asked.
    await this.#makeAnew('building', (tx) => this.#store.restartBuilding(tx, this.names.projection));
    return 'lifted';
  }

  /** More has come to wait than is worth waiting for. */
  async #pause(): Promise<Mending> {
    await this.#held(async (tx) => {
      await this.#store.setState(tx, this.names.projection, 'paused');
      await this.#derivation.giveUp(tx, 'anew');
    });
    this.#at.state = 'paused';
    await this.letters.load(this.#db);
    return 'rested';
  }

  async #makeAnew(state: 'copying' | 'building', work: InTransaction): Promise<void> {
    await this.#beforeEmptying();
    await this.#held(async (tx) => {
      await work(tx);
      await this.#derivation.empty(tx);
    });
    this.#at.beginAnew(state);
    await this.letters.load(this.#db);
  }

  /** For what takes away or repairs: nothing of it may be touched, nor waited for, once it is another process's. */
  #held<T>(work: (tx: Knex.Transaction) => Promise<T>): Promise<T> {
    return inTransaction(this.#db, async (tx) => {
      await this.#at.hold(tx);
      return work(tx);
    });
  }

  /** Does work, with care where it fails because of what is in it. */
  async #guarded(work: GuardedWork): Promise<void> {
    const room = async (): Promise<number> => {
      await this.letters.load(this.#db);
      return this.letters.room;
    };
    await this.letters.refresh(this.#db);
    const careful = await doGuarded(work, { room, park: (tx, attempts) => this.#park(tx, attempts) });
    if (careful?.isHopeless && this.#at.state !== 'copying') this.#at.state = 'paused';
    await this.letters.refresh(this.#db);
  }

  async #park(tx: Knex.Transaction, careful: CarefulAttempts): Promise<void> {
    this.letters.expire();
    for (const failure of careful.failures) await this.#letterStore.park(tx, this.names.projection, failure);
    if (careful.isHopeless && this.#at.state !== 'copying') {
      await this.#store.setState(tx, this.names.projection, 'paused');
      await this.#derivation.giveUp(tx, careful.isMirrorWrong ? 'copy' : 'anew');
    }
  }

  /**
   * Puts rows of a source right that were found to differ from legacy, as the stream would: they land in the mirror, and
   * the read model follows. `rows` and `gone` must hold at the present position. Not while all is given anew: what is put
   * right behind the walk would have to be given, and what is ahead of it must not be.
   */
  async correct(source: string, rows: readonly RawRow[], gone: readonly (readonly string[])[]): Promise<void> {
    if (this.state !== 'ready') {
      throw new FigError('FIG_RECONCILE_FAILED', `the read model ${this.names.projection} is ${this.state} by now`);
    }
    const net = netOfRows(rows, gone, this.#mirrors.get(source)!.key);
    await this.#guarded((attempts, note) =>
      this.#held(async (tx) => {
        await this.#derivation.correct(tx, attempts, { source, net, position: this.#at.position });
        await note(tx);
      }),
    );
  }

  /** Builds keys again whose rows were found to be others than `build` gives. */
  async rebuildKeys(keys: readonly string[]): Promise<void> {
    await this.#held(async (tx) => this.keyed?.rebuild(tx, keys));
  }

  /** The position as a transaction's snapshot has it. */
  async positionIn(tx: Knex.Transaction): Promise<Position | undefined> {
    return (await this.#store.find(tx, this.names.projection))?.position;
  }

  async #move(position: Position, work: InTransaction, note?: InTransaction): Promise<void> {
    await inTransaction(this.#db, async (tx) => {
      await work(tx);
      milestone('sync:built');
      await this.#at.advance(tx, position);
      await note?.(tx);
    });
    this.#at.position = position;
    milestone('sync:committed');
  }

  #placeOf(source: string): OwedPlace {
    return { projection: this.names.projection, source };
  }
}
