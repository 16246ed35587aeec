import type { Knex } from 'knex';
import { FigError } from '../../kernel/fig-error.ts';
import { SourceShapeStore } from '../../store/source-shape-store.ts';
import type { CaptureTimes } from './capture-times.ts';
import { watchCatalog } from './catalog-watch.ts';
import type { LargeTransaction, SourceTransaction, TransactionPiece } from '../change.ts';
import type { Projection } from '../projection/projection.ts';
import type { SourceTable } from '../postgres/catalog.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';
import type { SourceShape } from '../postgres/source-shape.ts';
import { judgeShapeChange } from './judge-shape-change.ts';
import { judgeRelation } from './judge-relation.ts';

export interface SourceChangesOptions {
  readonly url: string;
  readonly publication: string;
  readonly target: Knex;
  readonly times: CaptureTimes;
}

/**
 * Notices that legacy tables are changed while a session runs, and ends it with FIG_SOURCE_CHANGED: the next one looks at
 * what they are now and copies what has to be copied. What only this session knows is kept as a suspicion.
 */
export class SourceChanges {
  readonly #options: SourceChangesOptions;
  readonly #tables: ReadonlyMap<string, SourceTable>;
  readonly #store = new SourceShapeStore();
  /** Errors that leave nothing more to suspect. */
  readonly #told = new WeakSet<FigError>();

  constructor(options: SourceChangesOptions, tables: ReadonlyMap<string, SourceTable>) {
    this.#options = options;
    this.#tables = tables;
  }

  /** Before transactions are applied: their rows must be made of the columns that the mirrors have. */
  async refuseMisfits(
    projection: Projection,
    batch: readonly Pick<SourceTransaction, 'endPosition' | 'relations'>[],
  ): Promise<void> {
    const fresh = batch.filter(({ endPosition }) => endPosition > projection.position);
    for (const relation of fresh.flatMap(({ relations }) => relations)) {
      const name = `${relation.schema}.${relation.table}`;
      for (const [source, mirror] of projection.mirrors) {
        const isIt = source === name || mirror.shape.oid === String(relation.oid);
        if (!isIt || projection.copies.isAwaited(source)) continue;
        const suspicion = judgeRelation({ name: source, shape: mirror.shape, key: mirror.key }, relation);
        if (suspicion === undefined) continue;
        await this.#store.suspect(this.#options.target, source, suspicion, projection.names.projection);
        const what = suspicion === 'identity' ? 'a replica identity without the key of' : 'other columns than';
        const misfit = new FigError('FIG_SOURCE_CHANGED', `${source} has ${what} its mirror`);
        this.#told.add(misfit);
        throw misfit;
      }
    }
  }

  /** A copy must read the table as the mirror was made from it. The next session finds out what was done to it. */
  refuseChanged({ source, shape }: MirrorTable, now: SourceShape | undefined): void {
    const { effect, reasons } = now ? judgeShapeChange(shape, now) : { effect: 'gone', reasons: ['it is gone'] };
    if (effect === 'none') return;
    const changed = new FigError('FIG_SOURCE_CHANGED', `${source.name}: ${reasons.join(', ')}`);
    this.#told.add(changed);
    throw changed;
  }

  /** The same transaction, each piece of which is looked at before it is given on. */
  refusing(projection: Projection, transaction: LargeTransaction): LargeTransaction {
    const refuse = (piece: TransactionPiece): Promise<void> =>
      this.refuseMisfits(projection, [{ endPosition: transaction.endPosition, relations: piece.relations }]);
    return {
      xid: transaction.xid,
      endPosition: transaction.endPosition,
      committedAtMs: transaction.committedAtMs,
      release: () => transaction.release(),
      async *pieces() {
        for await (const piece of transaction.pieces()) {
          await refuse(piece);
          yield piece;
        }
      },
    };
  }

  /** A row did not have a column that it should have, and which table that is may not be known. */
  async suspectAll(projection: Projection, error: FigError): Promise<void> {
    if (this.#told.has(error)) return;
    for (const source of projection.mirrors.keys()) {
      await this.#store.suspect(this.#options.target, source, 'relation', projection.names.projection);
    }
  }

  /** Until the signal aborts. `onChanged` is told a table as soon as it is known to have changed. */
  async watch(onChanged: (source: string) => void, signal: AbortSignal): Promise<void> {
    const { url, publication, times } = this.#options;
    const tables = [...this.#tables.values()];
    await watchCatalog({ url, publication, tables, everyMs: times.lookAtCatalogEveryMs, onChanged }, signal);
  }
}
