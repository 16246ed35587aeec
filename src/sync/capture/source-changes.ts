import type { Knex } from 'knex';
import type { Client } from 'pg';
import type { CapturedReadModel } from '../../config/read-model-kinds.ts';
import { FigError } from '../../kernel/fig-error.ts';
import type { Position } from '../../kernel/position.ts';
import { qualifiedSource, readModelNames } from '../../store/read-model-names.ts';
import { SourceShapeStore } from '../../store/source-shape-store.ts';
import { watchCatalog } from './catalog-watch.ts';
import type { LargeTransaction, SourceTransaction, TransactionPiece } from '../change.ts';
import type { Projection } from '../projection/projection.ts';
import type { SourceTable } from '../postgres/catalog.ts';
import type { SourceDemand } from '../postgres/preflight/finding.ts';
import { readPublicationFacts } from '../postgres/preflight/publication-facts.ts';
import { relationFits } from './relation-fits.ts';

export interface SourceChangesOptions {
  readonly url: string;
  readonly target: Knex;
  readonly readModels: readonly CapturedReadModel[];
  readonly onPosition: (readModel: string, position: Position | undefined) => void;
}

/**
 * Notices that legacy tables are changed while a session runs, and ends it with FIG_SOURCE_CHANGED: the next one looks at
 * what they are now and copies what has to be copied. What only this session knows is kept as a suspicion.
 */
export class SourceChanges {
  readonly #options: SourceChangesOptions;
  readonly #tables: ReadonlyMap<string, SourceTable>;
  readonly #store = new SourceShapeStore();
  /** Errors whose table is suspected already. */
  readonly #told = new WeakSet<FigError>();

  constructor(options: SourceChangesOptions, tables: ReadonlyMap<string, SourceTable>) {
    this.#options = options;
    this.#tables = tables;
  }

  /** Changes of a table that is not in the publication are lost. To be called before the publication is mended. */
  async suspectUnpublished(client: Client, publication: string, demands: readonly SourceDemand[]): Promise<void> {
    const published = (await readPublicationFacts(client, publication))?.tables ?? [];
    for (const { table } of demands) {
      if (published.includes(table) && this.#tables.has(table)) continue;
      await this.#store.suspect(this.#options.target, table, 'unpublished');
      this.leave(table);
    }
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
        if (!isIt || projection.copies.isAwaited(source) || relationFits(source, mirror.shape, relation)) continue;
        await this.#store.suspect(this.#options.target, source, 'relation', projection.names.projection);
        const misfit = new FigError('FIG_SOURCE_CHANGED', `${source} has other columns than its mirror`);
        this.#told.add(misfit);
        throw misfit;
      }
    }
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

  /** Before there are lanes: reads leave the read models that are made from this table. */
  leave(source: string): void {
    for (const definition of this.#options.readModels) {
      if (Object.keys(definition.sources).map(qualifiedSource).includes(source)) {
        this.#options.onPosition(readModelNames(definition).projection, undefined);
      }
    }
  }

  /** Until the signal aborts. `onChanged` is told a table as soon as it is known to have changed. */
  async watch(onChanged: (source: string) => void, signal: AbortSignal): Promise<void> {
    await watchCatalog(this.#options.url, [...this.#tables.values()], onChanged, signal);
  }
}
