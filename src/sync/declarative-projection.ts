import type { Knex } from 'knex';
import type { Mirror, ReadModelDefinition } from '../config/read-model-definition.ts';
import { FigError } from '../kernel/fig-error.ts';
import { milestone } from '../kernel/milestones.ts';
import type { Position } from '../kernel/position.ts';
import { type BuildCursor, ProjectionStore, type ProjectionState } from '../store/projection-store.ts';
import { SourceShapeStore } from '../store/source-shape-store.ts';
import { mirrorTableName, qualifiedSource, type ReadModelNames, readModelNames } from '../store/read-model-names.ts';
import type { Change, LargeTransaction, RawRow, SourceTransaction } from './change.ts';
import { collapseChanges, keyText, type NetTable, textOfKey } from './collapse-changes.ts';
import { DirtyKeys, StoredRowsNeeded } from './dirty-keys.ts';
import type { StoredPosition } from './judge-position.ts';
import { type Landed, MirrorTable } from './mirror-table.ts';
import type { SourceTable } from './postgres/catalog.ts';
import type { SourceShape } from './postgres/source-shape.ts';
import { ReadModelTable } from './read-model-table.ts';
import { asQuery, RebuildInside } from './rebuild-inside.ts';

const BUILD_PAGE = 2_000;
/** Keys built by one query; a customer with very many orders makes them all dirty at once. */
const KEYS_PER_BUILD = 2_000;

/** A copied piece of a legacy table, ready to be landed at one position. */
export interface CopiedChunk {
  readonly source: string;
  /** Lines in COPY's text format. */
  readonly bytes: Buffer;
  /** How many were read. */
  readonly rows: number;
  /** Key of the last row that was read, also when that row is left out of `bytes`. */
  readonly cursor: readonly string[] | null;
  readonly last: boolean;
}

/**
 * Keeps one read model: legacy rows land in mirror tables, and the keys they make dirty are built again from the mirror,
 * in one target transaction with the position. Not concurrent: its owner calls one method at a time.
 */
export class DeclarativeProjection {
  readonly definition: ReadModelDefinition;
  readonly names: ReadModelNames;
  readonly #db: Knex;
  readonly #store = new ProjectionStore();
  readonly #mirrors: ReadonlyMap<string, MirrorTable>;
  readonly #keys: ReadonlyMap<string, readonly string[]>;
  readonly #dirty: ReadonlyMap<string, DirtyKeys>;
  readonly #shapes = new SourceShapeStore();
  /**
   * Sources whose mirror is empty and whose copy has not begun. Their changes are not landed: the copy reads what they
   * left, and they may come from a time when the table had other columns.
   */
  readonly #awaitingCopy = new Set<string>();
  readonly #table: ReadModelTable;
  readonly #inside: RebuildInside;
  #state: ProjectionState = 'copying';
  #position: Position = 0n;
  #timeline: number | undefined;
  #buildCursor: BuildCursor | undefined;

  constructor(db: Knex, definition: ReadModelDefinition, tables: ReadonlyMap<string, SourceTable>) {
    this.#db = db;
    this.definition = definition;
    this.names = readModelNames(definition);
    this.#table = new ReadModelTable(this.names.schema, definition);
    this.#inside = new RebuildInside(this.#table);
    this.#mirrors = new Map(
      Object.entries(definition.sources).map(([name, source]) => {
        const table = tables.get(qualifiedSource(name))!;
        return [table.name, new MirrorTable(this.names.mirror, table, [source.key].flat())];
      }),
    );
    this.#keys = new Map([...this.#mirrors].map(([name, mirror]) => [name, mirror.key]));
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
      for (const mirror of this.#mirrors.values()) await this.#saveShape(tx, mirror.source.name, mirror.source.shape);
    });
    for (const source of this.#mirrors.keys()) this.#awaitingCopy.add(source);
    this.#state = 'copying';
    this.#position = position;
    this.#timeline = timeline;
    this.#buildCursor = undefined;
  }

  /** Takes these sources' mirrors away and copies them anew beside the stream; the others keep theirs. */
  async copyAgain(sources: readonly string[]): Promise<void> {
    await this.#db.transaction(async (tx) => {
      for (const source of sources) {
        const mirror = this.#mirrors.get(source)!;
        await mirror.remake(tx);
        await this.#saveShape(tx, source, mirror.source.shape);
      }
      // Keys that go while the mirror is incomplete are not noticed, so the build begins from nothing.
      await this.#table.empty(tx);
      await this.#store.copyAgain(tx, this.names.projection, sources);
    });
    for (const source of sources) this.#awaitingCopy.add(source);
    this.#state = 'copying';
    this.#buildCursor = undefined;
  }

  /** Sources of which nothing was copied yet, so that taking their mirrors away costs nothing. */
  async uncopied(): Promise<readonly string[]> {
    const rows = await this.#store.listBackfill(this.#db, this.names.projection);
    return rows.filter(({ done, cursor }) => !done && cursor === null).map(({ source }) => source);
  }

  /** Takes over what the catalog says now of a source whose mirrored rows are still right. */
  async adoptShape(source: string, shape: SourceShape): Promise<void> {
    const mirror = this.#mirrors.get(source)!;
    const names = new Set(shape.columns.filter(({ bornNull }) => bornNull).map(({ name }) => name));
    await this.#db.transaction(async (tx) => {
      await mirror.addColumns(tx, names);
      await this.#saveShape(tx, source, shape);
    });
    mirror.shape = shape;
  }

  async #saveShape(tx: Knex.Transaction, source: string, shape: SourceShape): Promise<void> {
    await this.#shapes.save(tx, this.names.projection, source, shape);
  }

  /** From now on the source's changes are landed: its copy reads only what is newer. */
  copyBegins(source: string): void {
    this.#awaitingCopy.delete(source);
  }

  isAwaitingCopy(source: string): boolean {
    return this.#awaitingCopy.has(source);
  }

  /** Applies whole transactions, in commit order, and moves the position to the end of the last. */
  async apply(transactions: readonly SourceTransaction[]): Promise<void> {
    const fresh = transactions.filter(({ endPosition }) => endPosition > this.#position);
    const last = fresh.at(-1);
    if (!last) return;
    const changes = fresh.flatMap((transaction) => transaction.changes);
    await this.#moveKnowing(last.endPosition, (tx) => this.#applyChanges(tx, changes));
  }

  /**
   * Applies a transaction that does not fit into memory, piece by piece, in one target transaction: readers see all of
   * it or nothing. A key that several pieces make dirty is built by each of them.
   */
  async applyLarge(transaction: LargeTransaction): Promise<void> {
    if (transaction.endPosition <= this.#position) return;
    await this.#moveKnowing(transaction.endPosition, async (tx) => {
      for await (const { changes } of transaction.pieces()) await this.#applyChanges(tx, changes);
    });
  }

  /** Records that nothing that matters lies between the position and this one. */
  async skipTo(position: Position): Promise<void> {
    if (position > this.#position) await this.#move(position, async () => undefined);
  }

  /** Lands copied rows together with the cursor that says where copying goes on. */
  async landCopy(chunk: CopiedChunk): Promise<void> {
    await this.#db.transaction(async (tx) => {
      await this.#mirrors.get(chunk.source)!.copy(tx, chunk.bytes);
      const progress = { cursor: chunk.cursor, copied: chunk.rows, done: chunk.last };
      await this.#store.saveBackfill(tx, this.names.projection, chunk.source, progress);
    });
    milestone('sync:chunk-landed');
  }

  /** Called when every source is copied: from now on changes are built. */
  async startBuilding(): Promise<void> {
    await this.#db.transaction(async (tx) => {
      for (const [name] of this.#mirrors) {
        await tx.raw(`ANALYZE "${this.names.mirror}"."${mirrorTableName(name)}"`);
      }
      await this.#store.setState(tx, this.names.projection, 'building');
    });
    this.#state = 'building';
  }

  /** Builds the keys of the next page of mirrored rows. Returns how many rows it took; 0 when all is built. */
  async buildNext(): Promise<number> {
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
    await this.#db.transaction(async (tx) => {
      await this.#build(tx, await this.#dirty.get(at.source)!.ofRows(rows, this.#mirrorIn(tx)));
      await this.#store.saveBuildCursor(tx, this.names.projection, cursor, rows.length);
    });
    this.#buildCursor = cursor;
    milestone('sync:page-built');
    return Math.max(1, rows.length);
  }

  /**
   * Puts rows of a source right that were found to differ from legacy, as the stream would: they land in the mirror, and
   * what they make dirty is built. `rows` and `gone` must hold at the present position.
   */
  async correct(source: string, rows: readonly RawRow[], gone: readonly (readonly string[])[]): Promise<void> {
    const mirror = this.#mirrors.get(source)!;
    const net: NetTable = { truncated: false, changes: new Map() };
    for (const key of gone) net.changes.set(textOfKey(key), { kind: 'delete', key });
    for (const row of rows) {
      net.changes.set(keyText(row, mirror.key), { kind: 'upsert', values: row, base: row, inserted: false });
    }
    await this.#db.transaction(async (tx) => {
      const landed = await mirror.land(tx, net, { mayMiss: false, readStored: true });
      const dirty = new Set<string>();
      await this.#dirty.get(source)!.ofLanded(landed, this.#mirrorIn(tx), dirty);
      await this.#build(tx, [...dirty]);
    });
  }

  /** Builds keys again whose rows were found to be others than `build` gives. */
  async rebuildKeys(keys: readonly string[]): Promise<void> {
    await this.#db.transaction((tx) => this.#build(tx, keys));
  }

  /** What `build` gives for keys in a transaction's snapshot. */
  buildIn(tx: Knex.Transaction, keys: readonly string[]): PromiseLike<readonly Readonly<Record<string, unknown>>[]> {
    return this.definition.build(keys, this.#mirrorIn(tx), tx);
  }

  /** The keys that mirrored rows make dirty, in a transaction's snapshot. */
  dirtyKeysIn(tx: Knex.Transaction, source: string, rows: readonly RawRow[]): Promise<readonly string[]> {
    return this.#dirty.get(source)!.ofRows(rows, this.#mirrorIn(tx));
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

  /** Moves with work that may find out that a source's stored rows are needed; then it is rolled back and repeated. */
  async #moveKnowing(position: Position, work: (tx: Knex.Transaction) => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await this.#move(position, work);
        return;
      } catch (error) {
        // Once in a session for each such source at most: from then on it is known to need them.
        if (!(error instanceof StoredRowsNeeded)) throw error;
      }
    }
  }

  async #applyChanges(tx: Knex.Transaction, changes: readonly Change[]): Promise<void> {
    const keys = new Map([...this.#keys].filter(([source]) => !this.#awaitingCopy.has(source)));
    const net = collapseChanges(changes, keys);
    const copying = this.#state === 'copying';
    const landed = new Map<string, Landed>();
    for (const [name, table] of net) {
      const readStored = !copying && this.#dirty.get(name)!.needsStored;
      landed.set(name, await this.#mirrors.get(name)!.land(tx, table, { mayMiss: copying, readStored }));
    }
    milestone('sync:landed');
    // While the mirror is incomplete nothing can be built; everything will be, once it is complete.
    if (copying) return;
    const dirty = new Set<string>();
    for (const [name, rows] of landed) {
      await this.#dirty.get(name)!.ofLanded(rows, this.#mirrorIn(tx), dirty);
      if (net.get(name)!.truncated) for (const key of await this.#table.allKeys(tx)) dirty.add(key);
    }
    await this.#build(tx, [...dirty]);
  }

  async #build(tx: Knex.Transaction, keys: readonly string[]): Promise<void> {
    for (let start = 0; start < keys.length; start += KEYS_PER_BUILD) {
      const slice = keys.slice(start, start + KEYS_PER_BUILD);
      const built = this.definition.build(slice, this.#mirrorIn(tx), tx);
      const query = asQuery(built, tx);
      if (query && (await this.#inside.rebuild(tx, slice, query))) continue;
      await this.#table.rebuild(tx, slice, await built);
    }
  }

  #mirrorIn(tx: Knex.Transaction): Mirror {
    return (reference) => {
      const [table, alias] = reference.trim().split(/\s+as\s+/i);
      const name = mirrorTableName(qualifiedSource(table!));
      // knex puts the schema before joined tables, too, so a build may join by plain names.
      return tx
        .queryBuilder()
        .withSchema(this.names.mirror)
        .from(alias ? `${name} as ${alias}` : name);
    };
  }
}
