import type { Knex } from 'knex';
import { type BackfillRow, ProjectionStore } from '../../store/projection-store.ts';
import { SourceShapeStore } from '../../store/source-shape-store.ts';
import type { MirrorTable } from './mirror-table.ts';
import type { SourceShape } from '../postgres/source-shape.ts';

/** Columns of a mirror that are copied by themselves. */
export interface ColumnFill {
  readonly shape: SourceShape;
  readonly columns: readonly string[];
}

/** What the mirrors of one projection are copies of, and which of the copies have not begun. */
export class SourceCopies {
  readonly #db: Knex;
  readonly #projection: string;
  readonly #mirrors: ReadonlyMap<string, MirrorTable>;
  readonly #hold: (tx: Knex.Transaction) => Promise<void>;
  readonly #shapes = new SourceShapeStore();
  readonly #awaiting = new Set<string>();

  /** `hold` throws when the projection is not this process's any more. */
  constructor(
    db: Knex,
    projection: string,
    mirrors: ReadonlyMap<string, MirrorTable>,
    hold: (tx: Knex.Transaction) => Promise<void>,
  ) {
    this.#hold = hold;
    this.#db = db;
    this.#projection = projection;
    this.#mirrors = mirrors;
  }

  /**
   * A source's mirror is empty and its copy has not begun. Its changes are not landed: the copy reads what they left, and
   * they may come from a time when the table had other columns.
   */
  isAwaited(source: string): boolean {
    return this.#awaiting.has(source);
  }

  /** Called when their mirrors are empty. */
  await(sources: Iterable<string>): void {
    for (const source of sources) {
      this.#awaiting.add(source);
      this.#mirrors.get(source)!.filling = new Set();
    }
  }

  /** From now on the source's changes are landed: its copy reads only what is newer. */
  begin(source: string): void {
    this.#awaiting.delete(source);
  }

  /** Rows that each source has, about. */
  estimates(): ReadonlyMap<string, number> {
    return new Map([...this.#mirrors].map(([name, { source }]) => [name, Math.max(0, source.estimatedRows)]));
  }

  /** How far the copies are, by source; takes up which columns are being copied by themselves. */
  async progress(): Promise<ReadonlyMap<string, BackfillRow>> {
    const rows = await new ProjectionStore().listBackfill(this.#db, this.#projection);
    for (const { source, done, columns } of rows) {
      const mirror = this.#mirrors.get(source);
      if (mirror) mirror.filling = new Set(done ? [] : columns);
    }
    return new Map(rows.map((row) => [row.source, row]));
  }

  /** Adds columns to mirrors that keep their rows, which are filled later. The shapes have them marked. */
  async addEmpty(tx: Knex.Transaction, fills: ReadonlyMap<string, ColumnFill>): Promise<void> {
    for (const [source, { shape, columns }] of fills) {
      const mirror = this.#mirrors.get(source)!;
      await mirror.addColumns(tx, joinedColumns(shape));
      await this.#shapes.save(tx, this.#projection, source, shape);
      mirror.shape = shape;
      mirror.filling = new Set(columns);
    }
  }

  /** Notes what the sources look like whose mirrors were just made. */
  async saveShapes(tx: Knex.Transaction, sources: Iterable<string>): Promise<void> {
    for (const source of sources) {
      await this.#shapes.save(tx, this.#projection, source, this.#mirrors.get(source)!.source.shape);
    }
  }

  /** Takes over what the catalog says now of a source whose mirrored rows are still right. */
  async adoptShape(source: string, shape: SourceShape): Promise<void> {
    const mirror = this.#mirrors.get(source)!;
    await this.#db.transaction(async (tx) => {
      await this.#hold(tx);
      await mirror.addColumns(tx, joinedColumns(shape));
      await this.#shapes.save(tx, this.#projection, source, shape);
    });
    mirror.shape = shape;
  }
}

function joinedColumns({ columns }: SourceShape): ReadonlyMap<string, string | null> {
  return new Map(columns.flatMap(({ name, joinedAs }) => (joinedAs === undefined ? [] : [[name, joinedAs]])));
}
