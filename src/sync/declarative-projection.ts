import type { Knex } from 'knex';
import type { Mirror, ReadModelDefinition } from '../config/read-model-definition.ts';
import { FigError } from '../kernel/fig-error.ts';
import type { Position } from '../kernel/position.ts';
import { type BuildCursor, ProjectionStore, type ProjectionState } from '../store/projection-store.ts';
import { mirrorTableName, qualifiedSource, type ReadModelNames, readModelNames } from '../store/read-model-names.ts';
import type { SourceTransaction } from './change.ts';
import { collapseChanges, type NetTable } from './collapse-changes.ts';
import { DirtyKeys, StoredRowsNeeded } from './dirty-keys.ts';
import { type Landed, MirrorTable } from './mirror-table.ts';
import type { SourceTable } from './postgres/catalog.ts';
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
  readonly #table: ReadModelTable;
  readonly #inside: RebuildInside;
  #state: ProjectionState = 'copying';
  #position: Position = 0n;
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

  get mirrors(): ReadonlyMap<string, MirrorTable> {
    return this.#mirrors;
  }

  /** Takes up what is stored. False: there is nothing, or it was made by another definition; then `restart` it. */
  async resume(fingerprint: string): Promise<boolean> {
    const row = await this.#store.find(this.#db, this.names.projection);
    if (!row || row.fingerprint !== fingerprint) return false;
    this.#state = row.state;
    this.#position = row.position;
    this.#buildCursor = row.buildCursor;
    return true;
  }

  /** Drops and makes the tables, to be filled from `position` on. */
  async restart(fingerprint: string, position: Position): Promise<void> {
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
      await this.#store.restart(tx, { name: this.names.projection, fingerprint, position, sources });
    });
    this.#state = 'copying';
    this.#position = position;
    this.#buildCursor = undefined;
  }

  /** Applies whole transactions, in commit order, and moves the position to the end of the last. */
  async apply(transactions: readonly SourceTransaction[]): Promise<void> {
    const fresh = transactions.filter(({ endPosition }) => endPosition > this.#position);
    const last = fresh.at(-1);
    if (!last) return;
    const net = collapseChanges(
      fresh.flatMap(({ changes }) => changes),
      this.#keys,
    );
    const work = (tx: Knex.Transaction): Promise<void> => this.#applyNet(tx, net);
    try {
      await this.#move(last.endPosition, work);
    } catch (error) {
      if (!(error instanceof StoredRowsNeeded)) throw error;
      // Once in a session for each such source at most: now it is known to need them.
      await this.#move(last.endPosition, work);
    }
  }

  async #applyNet(tx: Knex.Transaction, net: ReadonlyMap<string, NetTable>): Promise<void> {
    const copying = this.#state === 'copying';
    const landed = new Map<string, Landed>();
    for (const [name, changes] of net) {
      const readStored = !copying && this.#dirty.get(name)!.needsStored;
      landed.set(name, await this.#mirrors.get(name)!.land(tx, changes, { mayMiss: copying, readStored }));
    }
    // While the mirror is incomplete nothing can be built; everything will be, once it is complete.
    if (copying) return;
    const dirty = new Set<string>();
    for (const [name, rows] of landed) {
      await this.#dirty.get(name)!.ofLanded(rows, this.#mirrorIn(tx), dirty);
      if (net.get(name)!.truncated) for (const key of await this.#table.allKeys(tx)) dirty.add(key);
    }
    await this.#build(tx, [...dirty]);
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
    return Math.max(1, rows.length);
  }

  async #move(position: Position, work: (tx: Knex.Transaction) => Promise<void>): Promise<void> {
    await this.#db.transaction(async (tx) => {
      await work(tx);
      const mine = await this.#store.advance(tx, this.names.projection, this.#position, position);
      if (!mine) {
        throw new FigError('FIG_PROJECTION_FAILED', `another process moved the projection ${this.names.projection}`, {
          remedy: 'Run one capturing process; the other one may be a fig that has not stopped yet.',
        });
      }
    });
    this.#position = position;
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
