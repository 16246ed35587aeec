import type { Knex } from 'knex';
import { textOfKey } from '../mirror/collapse-changes.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';

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
  const types = mirror.key.map((name) => mirror.source.columns.find((column) => column.name === name)!.mirrorType);
  const arrays = types.map(() => '?::text[]').join(', ');
  const aliases = types.map((_, i) => `c${i}`).join(', ');
  const given = types.map((type, i) => `v.c${i}::${type}`).join(', ');
  const bound = types.map((type) => `?::text::${type}`).join(', ');
  const result = await tx.raw(
    `SELECT v.n::int AS n FROM unnest(${arrays}) WITH ORDINALITY AS v(${aliases}, n) WHERE (${given}) <= (${bound})`,
    [...types.map((_, i) => keys.map((key) => key[i]!)), ...last] as never,
  );
  return new Set((result as { rows: { n: number }[] }).rows.map(({ n }) => textOfKey(keys[n - 1]!)));
}
