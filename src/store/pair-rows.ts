import type { Knex } from 'knex';
import type { SeenDifference } from './evidence-batch.ts';
import type { PairSource } from './stored-pair.ts';

/** Writes the pairs of the samples that one batch keeps in one scope. A pair is written once, however many groups show it. */
export class PairRows {
  readonly #tx: Knex.Transaction;
  readonly #scopeId: string;
  #isChanged = false;
  readonly #written = new Map<PairSource, string | undefined>();

  constructor(tx: Knex.Transaction, scopeId: string) {
    this.#tx = tx;
    this.#scopeId = scopeId;
  }

  async idOf({ pair, seenAt }: SeenDifference): Promise<string | undefined> {
    this.#isChanged = true;
    if (pair === undefined) return undefined;
    if (!this.#written.has(pair)) this.#written.set(pair, await this.#insert(pair, seenAt));
    return this.#written.get(pair);
  }

  /** Of this scope those that are no sample of any group any more, if samples have changed. */
  async dropUnused(): Promise<void> {
    if (!this.#isChanged) return;
    await this.#tx.raw(
      `DELETE FROM fig.stored_pair p WHERE p.scope_id = ?
         AND NOT EXISTS (SELECT FROM fig.difference_sample s WHERE s.pair_id = p.id)`,
      [this.#scopeId],
    );
  }

  async #insert(source: PairSource, seenAt: number): Promise<string | undefined> {
    const pair = source.take();
    if (pair === undefined) return undefined;
    const { rows } = await this.#tx.raw<{ rows: { id: string }[] }>(
      `INSERT INTO fig.stored_pair (scope_id, question, legacy, candidate, seen_at)
       VALUES (?, ?, ?, ?, ?) RETURNING id::text AS id`,
      [
        this.#scopeId,
        JSON.stringify(pair.question),
        pair.legacy === undefined ? null : JSON.stringify(pair.legacy),
        pair.candidate === undefined ? null : JSON.stringify(pair.candidate),
        new Date(seenAt),
      ],
    );
    return rows[0]?.id;
  }
}
