import type { Knex } from 'knex';
import type { RawRow } from '../change.ts';
import type { NetTable } from '../mirror/collapse-changes.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';
import { connectionOf } from '../postgres/statement.ts';
import { textArray } from '../postgres/text-array.ts';
import type { ReadModelTable } from './read-model-table.ts';

const ROWS_PER_PAGE = 2_000;
const KEYS_PER_PAGE = 2_000;

/**
 * The keys that a TRUNCATE makes dirty: all that the read model has, and those that `dirty` names for the rows that go,
 * since a key may have no row just because of them. They may be as many as the mirror has rows, so they are kept in a
 * temporary table, and rows and keys are looked at a page at a time. At most one at a time in a transaction.
 */
export class TruncatedKeys {
  readonly #tx: Knex.Transaction;

  private constructor(tx: Knex.Transaction) {
    this.#tx = tx;
  }

  /**
   * To be called before anything lands; undefined: nothing is truncated. `dirty` then sees the rows that the batch takes away, and what it brings is asked
   * for by itself, so no key is missed.
   */
  static async note(
    tx: Knex.Transaction,
    table: ReadModelTable,
    mirrors: ReadonlyMap<string, MirrorTable>,
    changes: ReadonlyMap<string, NetTable>,
    dirtyKeys: (source: string, rows: readonly RawRow[]) => AsyncIterable<readonly string[]>,
  ): Promise<TruncatedKeys | undefined> {
    const emptied = [...changes].filter(([, { truncated }]) => truncated).map(([source]) => source);
    if (emptied.length === 0) return undefined;
    const connection = await connectionOf(tx);
    await connection.query('CREATE TEMPORARY TABLE fig_truncated (key text PRIMARY KEY) ON COMMIT DROP');
    await connection.query(`INSERT INTO fig_truncated ${table.allKeysSql()}`);
    for (const source of emptied) {
      const mirror = mirrors.get(source)!;
      for (let after: readonly string[] | null = null; ;) {
        const rows: readonly RawRow[] = await mirror.page(tx, after, ROWS_PER_PAGE);
        const last = rows.at(-1);
        if (!last) break;
        after = mirror.keyOf(last);
        for await (const keys of dirtyKeys(source, rows)) {
          await connection.query('INSERT INTO fig_truncated SELECT unnest($1::text[]) ON CONFLICT DO NOTHING', [
            textArray(keys),
          ]);
        }
      }
    }
    return new TruncatedKeys(tx);
  }

  /** Each key once. Afterwards they are forgotten. */
  async *pages(): AsyncGenerator<readonly string[]> {
    const connection = await connectionOf(this.#tx);
    for (let after: string | undefined; ;) {
      const where = after === undefined ? '' : 'WHERE key > $1';
      const sql = `SELECT key FROM fig_truncated ${where} ORDER BY key LIMIT ${KEYS_PER_PAGE}`;
      const { rows } = await connection.query<{ key: string }>(sql, after === undefined ? [] : [after]);
      if (rows.length === 0) break;
      yield rows.map(({ key }) => key);
      after = rows.at(-1)!.key;
    }
    await connection.query('DROP TABLE fig_truncated');
  }
}
