import type { Knex } from 'knex';
import { textOfKey } from '../mirror/collapse-changes.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';
import { keysNotBehind } from '../postgres/bulk-upsert.ts';
import { runStatement } from '../postgres/statement.ts';

/**
 * Which of the keys a walk has passed when it stands at `last`. Only the database knows its order of keys: it sorts texts by a
 * collation, and numbers not as texts.
 */
export async function keysUpTo(
  tx: Knex.Transaction,
  mirror: MirrorTable,
  last: readonly string[],
  keys: readonly (readonly string[])[],
): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set();
  const { sql, values } = keysNotBehind(mirror.keyColumns, keys, last);
  const { rows } = await runStatement<{ n: number }>(tx, sql, values);
  return new Set(rows.map(({ n }) => textOfKey(keys[n - 1]!)));
}
