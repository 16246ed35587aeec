import type { Knex } from 'knex';
import { connectionOf } from '../postgres/statement.ts';
import { textArray } from '../postgres/text-array.ts';
import type { KeyRoom } from './dirty-keys.ts';

/** Keys of one part of a batch, and of all parts before it, that are held in memory. */
const MOST_HELD = 50_000;
const KEYS_PER_PAGE = 2_000;

/**
 * The keys that the rows of a batch make dirty. One row may name millions (all customers of a country), so what is more
 * than fits into memory is kept in a temporary table. At most one at a time in a transaction.
 */
export class GatheredKeys {
  readonly #tx: Knex.Transaction;
  readonly #held = new Set<string>();
  #hasSpilled = false;

  constructor(tx: Knex.Transaction) {
    this.#tx = tx;
  }

  /** `part`: the transaction, or a savepoint in it. What is given in one that is rolled back may be forgotten. */
  async add(part: Knex.Transaction, gather: (into: Set<string>, room: KeyRoom) => Promise<void>): Promise<void> {
    const into = new Set<string>();
    const spill = async (): Promise<void> => {
      this.#hasSpilled = true;
      await this.#keep(part, [...into]);
      into.clear();
    };
    await gather(into, { tx: part, most: MOST_HELD, spill });
    // Only the part's own keys: those from before would go with it if it were rolled back.
    if (this.#held.size + into.size > MOST_HELD) await spill();
    for (const key of into) this.#held.add(key);
  }

  /** Each key once. Afterwards those in the database are forgotten. */
  async *pages(): AsyncGenerator<readonly string[]> {
    const held = [...this.#held];
    for (let start = 0; start < held.length; start += KEYS_PER_PAGE) yield held.slice(start, start + KEYS_PER_PAGE);
    if (!this.#hasSpilled) return;
    const connection = await connectionOf(this.#tx);
    await this.#keep(this.#tx, []);
    for (let after: string | undefined; ;) {
      const where = after === undefined ? '' : 'WHERE key > $1';
      const sql = `SELECT key FROM pg_temp.fig_gathered ${where} ORDER BY key LIMIT ${KEYS_PER_PAGE}`;
      const { rows } = await connection.query<{ key: string }>(sql, after === undefined ? [] : [after]);
      if (rows.length === 0) break;
      yield rows.flatMap(({ key }) => (this.#held.has(key) ? [] : key));
      after = rows.at(-1)!.key;
    }
    // Not dropped: in a large transaction each piece may need it, and the locks of dropped ones would add up.
    await connection.query('TRUNCATE pg_temp.fig_gathered');
  }

  async #keep(part: Knex.Transaction, keys: readonly string[]): Promise<void> {
    const connection = await connectionOf(part);
    // Each time: what made it may have been rolled back.
    await connection.query('CREATE TEMPORARY TABLE IF NOT EXISTS fig_gathered (key text PRIMARY KEY) ON COMMIT DROP');
    await connection.query('INSERT INTO pg_temp.fig_gathered SELECT unnest($1::text[]) ON CONFLICT DO NOTHING', [
      textArray(keys),
    ]);
  }
}
