import type { Knex } from 'knex';
import { OwedRowStore } from '../../store/owed-row-store.ts';
import type { Attempts } from '../dead-letters/attempts.ts';
import { collapseChanges } from '../mirror/collapse-changes.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';
import type { SourceCopies } from '../mirror/source-copies.ts';
import { inPieces } from './apply-in-pieces.ts';
import type { AppliedPiece, CommittedChanges, Derivation, Stage, StoredReads } from './derivation.ts';

/** Hands changes of the stream to a derivation, as much at once as fits into memory. */
export class ChangeApplier {
  readonly #projection: string;
  readonly #mirrors: ReadonlyMap<string, MirrorTable>;
  readonly #copies: SourceCopies;
  readonly #derivation: Derivation;
  readonly #owed = new OwedRowStore();

  constructor(
    projection: string,
    mirrors: ReadonlyMap<string, MirrorTable>,
    copies: SourceCopies,
    derivation: Derivation,
  ) {
    this.#projection = projection;
    this.#mirrors = mirrors;
    this.#copies = copies;
    this.#derivation = derivation;
  }

  async apply(
    tx: Knex.Transaction,
    attempts: Attempts,
    { transactions, stage }: Pick<AppliedPiece, 'transactions' | 'stage'>,
  ): Promise<void> {
    const copied = new Map([...this.#mirrors].filter(([source]) => !this.#copies.isAwaited(source)));
    const readsOf = (source: string): StoredReads => this.#derivation.readsOf(source, stage);
    for (const piece of await inPieces(tx, transactions, copied, readsOf)) {
      await this.#applyPiece(tx, attempts, { piece, copied, stage });
    }
  }

  async #applyPiece(
    tx: Knex.Transaction,
    attempts: Attempts,
    {
      piece,
      copied,
      stage,
    }: {
      readonly piece: readonly CommittedChanges[];
      readonly copied: ReadonlyMap<string, MirrorTable>;
      readonly stage: Stage;
    },
  ): Promise<void> {
    const net = collapseChanges(
      piece.flatMap(({ changes }) => changes),
      new Map([...copied].map(([source, { key }]) => [source, key])),
    );
    for (const mirror of this.#mirrors.values()) mirror.takeMissed();
    await this.#derivation.apply(tx, attempts, { transactions: piece, net, stage });
    for (const [source, mirror] of this.#mirrors) {
      const missed = mirror.takeMissed();
      if (missed.length > 0) await this.#owed.add(tx, { projection: this.#projection, source }, missed);
    }
  }
}
