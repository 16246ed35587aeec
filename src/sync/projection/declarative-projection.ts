import type { Knex } from 'knex';
import type { ReadModelDefinition } from '../../config/read-model-definition.ts';
import { FigError } from '../../kernel/fig-error.ts';
import { milestone } from '../../kernel/milestones.ts';
import type { Position } from '../../kernel/position.ts';
import { type DeadLetter, DeadLetterStore } from '../../store/dead-letter-store.ts';
import { type BuildCursor, ProjectionStore, type ProjectionState } from '../../store/projection-store.ts';
import { mirrorTableName, qualifiedSource, type ReadModelNames, readModelNames } from '../../store/read-model-names.ts';
import type { Change, LargeTransaction, RawRow, SourceTransaction } from '../change.ts';
import { collapseChanges, netOfRows } from '../mirror/collapse-changes.ts';
import { DirtyKeys } from './dirty-keys.ts';
import type { StoredPosition } from '../capture/judge-position.ts';
import { type Attempts, CarefulAttempts, straight } from '../dead-letters/attempts.ts';
import type { CopiedChunk } from '../mirror/copied-chunk.ts';
import { doGuarded, type GuardedWork } from '../dead-letters/guarded-work.ts';
import { KeyBuilder } from './key-builder.ts';
import { copyApart, landApart } from '../dead-letters/land-apart.ts';
import { LetterBook } from '../dead-letters/letter-book.ts';
import type { Mending } from '../dead-letters/mending.ts';
import { mirrorIn } from '../mirror/mirror-in.ts';
import { asHistory, type Landed, MirrorTable } from '../mirror/mirror-table.ts';
import type { SourceTable } from '../postgres/catalog.ts';
import { ReadModelTable } from './read-model-table.ts';
import { TruncatedKeys } from './truncated-keys.ts';
import { retryLetter } from '../dead-letters/retry-letter.ts';
import { type ColumnFill, SourceCopies } from '../mirror/source-copies.ts';

const BUILD_PAGE = 2_000;
/** Keys built by one query; a customer with very many orders makes them all dirty at once. */
const KEYS_PER_BUILD = 2_000;

/**
 * Keeps one read model: legacy rows land in mirror tables, and the keys they make dirty are built again from the mirror,
 * in one target transaction with the position. What fails by itself becomes a dead letter in that transaction, see
 * docs/decisions/0033-dead-letters.md. Not concurrent: its owner calls one method at a time.
 */
export class DeclarativeProjection {
  readonly definition: ReadModelDefinition;
  readonly names: ReadModelNames;
  readonly #db: Knex;
  readonly #store = new ProjectionStore();
  readonly #mirrors: ReadonlyMap<string, MirrorTable>;
  readonly #dirty: ReadonlyMap<string, DirtyKeys>;
  readonly copies: SourceCopies;
  readonly #table: ReadModelTable;
  readonly #builder: KeyBuilder;
  readonly #letterStore = new DeadLetterStore();
  readonly letters: LetterBook;
  #state: ProjectionState = 'copying';
  #position: Position = 0n;
  #timeline: number | undefined;
  #buildCursor: BuildCursor | undefined;

  constructor(db: Knex, definition: ReadModelDefinition, tables: ReadonlyMap<string, SourceTable>, maxLetters: number) {
    this.#db = db;
    this.definition = definition;
    this.names = readModelNames(definition);
    this.letters = new LetterBook(this.names.projection, maxLetters);
    this.#table = new ReadModelTable(this.names.schema, definition);
    this.#builder = new KeyBuilder(definition, this.names.mirror, this.#table);
    this.#mirrors = new Map(
      Object.entries(definition.sources).map(([name, source]) => {
        const table = tables.get(qualifiedSource(name))!;
        return [table.name, new MirrorTable(this.names.mirror, table, [source.key].flat())];
      }),
    );
    this.copies = new SourceCopies(db, this.names.projection, this.#mirrors);
    this.#dirty = new Map(
      Object.entries(definition.sources).map(([name, source]) => {
        const { columns } = tables.get(qualifiedSource(name))!;
        return [qualifiedSource(name), new DirtyKeys(source, columns, [source.key].flat())];
      }),
    );
  }

  get state(): ProjectionState {
    return this.#state;
  }

  /** Log position that the rows stand at, durably. */
  get position(): Position {
    return this.#position;
  }

  get stored(): StoredPosition {
    return { position: this.#position, timeline: this.#timeline };
  }

  get mirrors(): ReadonlyMap<string, MirrorTable> {
    return this.#mirrors;
  }

  /** Takes up what is stored. False: there is nothing, or it was made by another definition; then `restart` it. */
  async resume(fingerprint: string): Promise<boolean> {
    const row = await this.#store.find(this.#db, this.names.projection);
    if (!row || row.fingerprint !== fingerprint) return false;
    this.#state = row.state;
    this.#position = row.position;
    this.#timeline = row.timeline;
    this.#buildCursor = row.buildCursor;
    // Whoever starts again may have brought the remedy along.
    await this.#letterStore.hasten(this.#db, { projections: [this.names.projection], automatic: true });
    await this.letters.load(this.#db);
    return true;
  }

  /** The server goes on with this timeline, and the position is part of it. */
  async reachedOn(timeline: number): Promise<void> {
    if (timeline === this.#timeline) return;
    await this.#store.setTimeline(this.#db, this.names.projection, timeline);
    this.#timeline = timeline;
  }

  /** Drops and makes the tables, to be filled from `position` on. */
  async restart(fingerprint: string, position: Position, timeline: number): Promise<void> {
    await this.#db.transaction(async (tx) => {
      for (const schema of [this.names.schema, this.names.mirror]) {
        await tx.raw('DROP SCHEMA IF EXISTS ?? CASCADE', [schema]);
        await tx.raw('CREATE SCHEMA ??', [schema]);
      }
      for (const mirror of this.#mirrors.values()) await mirror.create(tx);
      await this.#table.create(tx);
      const sources = new Map(
        [...this.#mirrors].map(([name, { source }]) => [name, Math.max(0, source.estimatedRows)]),
      );
      await this.#store.restart(tx, { name: this.names.projection, fingerprint, position, timeline, sources });
      await this.copies.saveShapes(tx, this.#mirrors.keys());
    });
    this.copies.await(this.#mirrors.keys());
    this.#state = 'copying';
    this.#position = position;
    this.#timeline = timeline;
    this.#buildCursor = undefined;
    await this.letters.load(this.#db);
  }

  /** Takes these sources' mirrors away and copies them anew beside the stream; the others keep theirs. */
  async copyAgain(sources: readonly string[]): Promise<void> {
    await this.#db.transaction(async (tx) => {
      for (const source of sources) await this.#mirrors.get(source)!.remake(tx);
      await this.copies.saveShapes(tx, sources);
      // Keys that go while the mirror is incomplete are not noticed, so the build begins from nothing.
      await this.#table.empty(tx);
      await this.#store.copyAgain(tx, this.names.projection, sources);
    });
    this.copies.await(sources);
    this.#state = 'copying';
    this.#buildCursor = undefined;
  }

  /** Copies columns that came to these sources, beside the stream, into mirrors that keep their rows. */
  async fillColumns(fills: ReadonlyMap<string, ColumnFill>): Promise<void> {
    await this.#db.transaction(async (tx) => {
      await this.copies.addEmpty(tx, fills);
      // As after a copy: what is built meanwhile would be built from columns that are not there yet.
      await this.#table.empty(tx);
      const columns = new Map([...fills].map(([source, fill]) => [source, fill.columns]));
      await this.#store.fillColumns(tx, this.names.projection, columns);
    });
    this.#state = 'copying';
    this.#buildCursor = undefined;
  }

  /** Applies whole transactions, in commit order, and moves the position to the end of the last. */
  async apply(transactions: readonly SourceTransaction[]): Promise<void> {
    const fresh = transactions.filter(({ endPosition }) => endPosition > this.#position);
    const last = fresh.at(-1);
    if (!last) return;
    const changes = fresh.flatMap((transaction) => transaction.changes);
    await this.#guarded((attempts, note) =>
      this.#move(last.endPosition, async (tx) => {
        await this.#applyChanges(tx, attempts, changes);
        await note(tx);
      }),
    );
  }

  /**
   * Applies a transaction that does not fit into memory, piece by piece, in one target transaction: readers see all of
   * it or nothing. A key that several pieces make dirty is built by each of them.
   */
  async applyLarge(transaction: LargeTransaction): Promise<void> {
    if (transaction.endPosition <= this.#position) return;
    await this.#guarded((attempts, note) =>
      this.#move(transaction.endPosition, async (tx) => {
        for await (const { changes } of transaction.pieces()) await this.#applyChanges(tx, attempts, changes);
        await note(tx);
      }),
    );
  }

  /** Records that nothing that matters lies between the position and this one. */
  async skipTo(position: Position): Promise<void> {
    if (position > this.#position) await this.#move(position, async () => undefined);
  }

  /** Lands copied rows together with the cursor that says where copying goes on. */
  async landCopy(chunk: CopiedChunk): Promise<void> {
    const mirror = this.#mirrors.get(chunk.source)!;
    await this.#guarded(async (attempts, note) => {
      await this.#db.transaction(async (tx) => {
        await copyApart(tx, attempts, mirror, chunk);
        const progress = { cursor: chunk.cursor, copied: chunk.rows, done: chunk.last };
        await this.#store.saveBackfill(tx, this.names.projection, chunk.source, progress);
        await note(tx);
      });
    });
    milestone('sync:chunk-landed');
  }

  /** Called when every source is copied: from now on changes are built. */
  async startBuilding(): Promise<void> {
    const state = this.letters.pausedBecause === undefined ? 'building' : 'paused';
    await this.#db.transaction(async (tx) => {
      for (const [name] of this.#mirrors) {
        await tx.raw(`ANALYZE "${this.names.mirror}"."${mirrorTableName(name)}"`);
      }
      await this.#store.setState(tx, this.names.projection, state);
    });
    this.#state = state;
  }

  /** Builds the keys of the next page of mirrored rows. Returns how many rows it took; 0 when it is at its end. */
  async buildNext(): Promise<number> {
    if (this.#state !== 'building') return 0;
    const sources = this.definition.root ? [qualifiedSource(this.definition.root)] : [...this.#mirrors.keys()];
    const at = this.#buildCursor ?? { source: sources[0]!, key: null };
    const mirror = this.#mirrors.get(at.source)!;
    const rows = await mirror.page(this.#db, at.key, BUILD_PAGE);
    const last = rows.at(-1);
    const nextSource = sources[sources.indexOf(at.source) + 1];
    if (!last && nextSource === undefined) {
      await this.#db.transaction(async (tx) => {
        await tx.raw(`ANALYZE "${this.names.schema}"."${this.definition.name}"`);
        await this.#store.setState(tx, this.names.projection, 'ready');
      });
      this.#state = 'ready';
      return 0;
    }
    const cursor: BuildCursor = last
      ? { source: at.source, key: mirror.key.map((column) => last[column]!) }
      : { source: nextSource!, key: null };
    await this.#guarded(async (attempts, note) => {
      await this.#db.transaction(async (tx) => {
        await this.#build(tx, attempts, await this.#dirtyKeys(tx, attempts, at.source, rows.map(asHistory)));
        await this.#store.saveBuildCursor(tx, this.names.projection, cursor, rows.length);
        await note(tx);
      });
    });
    this.#buildCursor = cursor;
    milestone('sync:page-built');
    return this.#state === 'building' ? Math.max(1, rows.length) : 0;
  }

  /** Tries the letter that has been due for longest, and takes the read model back into use when nothing stands against it. */
  async mend(): Promise<Mending> {
    await this.letters.load(this.#db);
    if (this.#state === 'copying' || this.#state === 'building') return 'rested';
    const tried = await this.#db.transaction(async (tx) => {
      const letter = await this.#letterStore.takeDue(tx, this.names.projection);
      if (letter?.kind === 'land') return 'copy-again';
      if (letter) await retryLetter(tx, letter, (savepoint) => this.#attempt(savepoint, letter));
      return letter ? 'tried' : 'rested';
    });
    if (tried === 'tried') await this.letters.load(this.#db);
    // What is due goes first: the more of it succeeds, the less of the new table is missing.
    if (tried !== 'rested' || this.#state !== 'paused' || this.letters.pausedBecause !== undefined) return tried;
    await this.#buildAnew();
    return 'lifted';
  }

  async #attempt(tx: Knex.Transaction, { kind, key, source, sourceKey }: DeadLetter): Promise<void> {
    if (kind !== 'dirty') {
      if (key !== undefined) await this.#builder.rebuild(tx, [key]);
      return;
    }
    // A row that is gone, or that is now one that `dirty` understands, is no reason any more.
    const mirror = source === undefined ? undefined : this.#mirrors.get(source);
    const row = mirror && sourceKey && (await mirror.find(tx, sourceKey));
    if (row) await this.#dirtyKeys(tx, straight, mirror.source.name, [asHistory(row)]);
  }

  /** Which keys went wrong while it was paused is not known, so all are built again; legacy is not asked. */
  async #buildAnew(): Promise<void> {
    await this.#db.transaction(async (tx) => {
      await this.#table.empty(tx);
      await this.#store.restartBuilding(tx, this.names.projection);
    });
    this.#state = 'building';
    this.#buildCursor = undefined;
  }

  /** Does work, with care where it fails because of what is in it. */
  async #guarded(work: GuardedWork): Promise<void> {
    const room = async (): Promise<number> => {
      await this.letters.load(this.#db);
      return this.letters.room;
    };
    const careful = await doGuarded(work, { room, park: (tx, attempts) => this.#park(tx, attempts) });
    if (!careful) return;
    await this.letters.load(this.#db);
    if (careful.isHopeless && this.#state !== 'copying') this.#state = 'paused';
  }

  async #park(tx: Knex.Transaction, careful: CarefulAttempts): Promise<void> {
    for (const failure of careful.failures) await this.#letterStore.park(tx, this.names.projection, failure);
    if (careful.isHopeless && this.#state !== 'copying') {
      await this.#store.setState(tx, this.names.projection, 'paused');
    }
  }

  /**
   * Puts rows of a source right that were found to differ from legacy, as the stream would: they land in the mirror, and
   * what they make dirty is built. `rows` and `gone` must hold at the present position.
   */
  async correct(source: string, rows: readonly RawRow[], gone: readonly (readonly string[])[]): Promise<void> {
    const mirror = this.#mirrors.get(source)!;
    const net = netOfRows(rows, gone, mirror.key);
    await this.#db.transaction(async (tx) => {
      const landed = await mirror.land(tx, net, { mayMiss: false, readStored: true });
      await this.#build(tx, straight, await this.#dirtyKeys(tx, straight, source, landed));
    });
  }

  /** Builds keys again whose rows were found to be others than `build` gives. */
  async rebuildKeys(keys: readonly string[]): Promise<void> {
    await this.#db.transaction((tx) => this.#build(tx, straight, keys));
  }

  /** What `build` gives for keys in a transaction's snapshot. */
  buildIn(tx: Knex.Transaction, keys: readonly string[]): ReturnType<KeyBuilder['rowsIn']> {
    return this.#builder.rowsIn(tx, keys);
  }

  /** The keys that mirrored rows make dirty, in a transaction's snapshot. */
  dirtyKeysIn(tx: Knex.Transaction, source: string, rows: readonly RawRow[]): Promise<readonly string[]> {
    return this.#dirtyKeys(tx, straight, source, rows.map(asHistory));
  }

  /** The position as a transaction's snapshot has it. */
  async positionIn(tx: Knex.Transaction): Promise<Position | undefined> {
    return (await this.#store.find(tx, this.names.projection))?.position;
  }

  async #move(position: Position, work: (tx: Knex.Transaction) => Promise<void>): Promise<void> {
    await this.#db.transaction(async (tx) => {
      await work(tx);
      milestone('sync:built');
      const mine = await this.#store.advance(tx, this.names.projection, this.#position, position);
      if (!mine) {
        throw new FigError('FIG_PROJECTION_FAILED', `another process moved the projection ${this.names.projection}`, {
          remedy: 'Run one capturing process; the other one may be a fig that has not stopped yet.',
        });
      }
    });
    this.#position = position;
    milestone('sync:committed');
  }

  async #applyChanges(tx: Knex.Transaction, attempts: Attempts, changes: readonly Change[]): Promise<void> {
    const copied = [...this.#mirrors].filter(([source]) => !this.copies.isAwaited(source));
    const keys = new Map(copied.map(([source, { key }]) => [source, key]));
    const net = collapseChanges(changes, keys);
    const mayMiss = this.#state === 'copying';
    // Nothing can be built from an incomplete mirror, nor while it is not known what else is wrong; all will be later.
    const isBuilt = this.#state === 'building' || this.#state === 'ready';
    const truncated = isBuilt
      ? await TruncatedKeys.note(tx, this.#table, this.#mirrors, net, (source, rows) =>
          this.#dirtyKeys(tx, attempts, source, rows.map(asHistory)),
        )
      : undefined;
    const landed = new Map<string, Landed>();
    for (const [name, table] of net) {
      const readStored = !mayMiss && this.#dirty.get(name)!.needsStored;
      landed.set(name, await landApart(tx, attempts, this.#mirrors.get(name)!, table, { mayMiss, readStored }));
    }
    milestone('sync:landed');
    if (!isBuilt) return;
    const dirty = new Set<string>();
    for (const [name, rows] of landed) {
      for (const key of await this.#dirtyKeys(tx, attempts, name, rows)) dirty.add(key);
    }
    await this.#build(tx, attempts, [...dirty]);
    for await (const page of truncated?.pages() ?? []) await this.#build(tx, attempts, page);
  }

  async #dirtyKeys(
    tx: Knex.Transaction,
    attempts: Attempts,
    source: string,
    landed: Landed,
  ): Promise<readonly string[]> {
    const keys = new Set<string>();
    const mirror = this.#mirrors.get(source)!;
    await attempts.run(
      tx,
      landed,
      (part, some) => this.#dirty.get(source)!.ofLanded(some, mirrorIn(part, this.names.mirror), keys),
      ({ row }) => ({ kind: 'dirty', key: undefined, source, sourceKey: mirror.keyOf(row) }),
    );
    return [...keys];
  }

  async #build(tx: Knex.Transaction, attempts: Attempts, keys: readonly string[]): Promise<void> {
    // A parked key is built when its turn to be tried again comes, from a mirror that has all its changes.
    const mayBe = this.letters.count > 0 && keys.length > 0;
    const parked = new Set(mayBe ? await this.#letterStore.countChanges(tx, this.names.projection, keys) : []);
    const open = parked.size === 0 ? keys : keys.filter((key) => !parked.has(key));
    for (let start = 0; start < open.length; start += KEYS_PER_BUILD) {
      if (attempts instanceof CarefulAttempts && attempts.isHopeless) return;
      await attempts.run(
        tx,
        open.slice(start, start + KEYS_PER_BUILD),
        (part, slice) => this.#builder.rebuild(part, slice),
        (key) => ({ kind: 'build', key, source: undefined, sourceKey: undefined }),
      );
    }
  }
}
