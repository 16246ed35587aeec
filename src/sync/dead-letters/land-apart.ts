import type { Knex } from 'knex';
import { type Attempts, straight } from './attempts.ts';
import { keyOfText, type NetChange, type NetTable } from '../mirror/collapse-changes.ts';
import type { CopiedChunk } from '../mirror/copied-chunk.ts';
import { lastLine, linesOf } from '../mirror/copy-lines.ts';
import type { Landed, LandedRow, LandingRules, MirrorTable } from '../mirror/mirror-table.ts';

/** Lands a batch's changes of one table in the mirror; with care, rows that the mirror does not take are left out. */
export async function landApart(
  tx: Knex.Transaction,
  attempts: Attempts,
  mirror: MirrorTable,
  net: NetTable,
  how: LandingRules,
): Promise<Landed> {
  if (attempts === straight) return mirror.land(tx, net, how);
  const landed: LandedRow[] = [];
  const land = async (part: Knex.Transaction, some: NetTable): Promise<void> => {
    landed.push(...(await mirror.land(part, some, how)));
  };
  if (net.truncated) await land(tx, { truncated: true, changes: new Map() });
  // A row whose key changed takes values from the row of its old key, which another row may have taken since.
  const { changes: whole, waiting } = await mirror.withMoved(tx, net.changes);
  const rank = ([text, { kind }]: readonly [string, NetChange]): number =>
    waiting.has(text) ? 0 : kind === 'delete' ? 2 : 1;
  // Those that have none to take are found to be missing before anything is where they would look.
  const changes = [...whole].toSorted((a, b) => rank(a) - rank(b));
  await attempts.run(
    tx,
    changes,
    (part, some) => land(part, { truncated: false, changes: new Map(some) }),
    ([text]) => ({
      kind: 'land',
      key: undefined,
      source: mirror.source.name,
      sourceKey: keyOfText(text, mirror.key.length),
    }),
  );
  return landed;
}

/** Lands a copied chunk in the mirror; with care, lines that the mirror does not take are left out. */
export async function copyApart(
  tx: Knex.Transaction,
  attempts: Attempts,
  mirror: MirrorTable,
  { source, part: copied, bytes }: Pick<CopiedChunk, 'source' | 'part' | 'bytes'>,
): Promise<void> {
  if (attempts === straight) return mirror.copy(tx, copied, bytes);
  await attempts.run(
    tx,
    linesOf(bytes),
    (part, lines) => mirror.copy(part, copied, Buffer.concat(lines)),
    (line) => ({ kind: 'land', key: undefined, source, sourceKey: lastLine(line, copied.keyAt) }),
  );
}
