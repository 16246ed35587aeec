import { randomUUID } from 'node:crypto';
import { keyText, textOfKey } from '../mirror/collapse-changes.ts';
import { milestone } from '../../kernel/milestones.ts';
import type { RawRow } from '../change.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';
import type { SourceSnapshot } from '../postgres/source-snapshot.ts';
import type { Key } from './compared-table.ts';
import { MarkedWindow } from './marked-window.ts';
import { again, judgeWindow, reachHigh, reachLow, type ReconcileParts, retry } from './snapshot-pair.ts';

const KEYS_PER_REPAIR = 500;

/**
 * Puts rows of a mirror right as a backfill would: they are read in a snapshot of legacy between two markers, and landed
 * where the stream has the second one, without those that changed in between. What they make dirty is built with them.
 */
export async function repairRows(parts: ReconcileParts, mirror: MirrorTable, keys: readonly Key[]): Promise<void> {
  for (let start = 0; start < keys.length; start += KEYS_PER_REPAIR) {
    const slice = keys.slice(start, start + KEYS_PER_REPAIR);
    await retry(parts, () => tryRepair(parts, mirror, slice));
  }
}

async function tryRepair(
  parts: ReconcileParts,
  mirror: MirrorTable,
  keys: readonly Key[],
): Promise<'landed' | { readonly kind: 'again'; readonly why: string }> {
  const { projection, legacy, watch, signal } = parts;
  const id = randomUUID();
  let read: { readonly snapshot: SourceSnapshot; readonly rows: readonly RawRow[] } | undefined;
  let refusal: string | undefined;
  const window = new MarkedWindow({
    id,
    table: mirror.source.name,
    key: mirror.key,
    delivered: parts.delivered,
    atHigh: async (position) => {
      if (!read || signal.aborted) return;
      const verdict = await judgeWindow(parts, window, read.snapshot);
      if (verdict.kind === 'again' || projection.position !== position) {
        refusal = verdict.kind === 'again' ? verdict.why : 'the read model is at another position';
        return;
      }
      const there = new Set(read.rows.map((row) => keyText(row, mirror.key)));
      await projection.correct(
        mirror.source.name,
        read.rows.filter((row) => !verdict.unseen.has(keyText(row, mirror.key))),
        keys.filter((key) => !there.has(textOfKey(key)) && !verdict.unseen.has(textOfKey(key))),
      );
      milestone('reconcile:repaired');
    },
  });
  const unwatch = watch(window);
  try {
    await reachLow(parts, id, window);
    const snapshot = await legacy.openSnapshot();
    try {
      read = { snapshot, rows: await legacy.rowsOf(mirror, keys) };
    } finally {
      await legacy.closeSnapshot();
    }
    milestone('reconcile:repair-read');
    await legacy.mark(`high ${id}`);
    const high = await reachHigh(window, signal);
    if (high === undefined) return again('the read model is too far behind');
    return refusal === undefined ? 'landed' : again(refusal);
  } finally {
    unwatch();
  }
}
