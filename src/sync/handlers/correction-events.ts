import type { Knex } from 'knex';
import { keyText, keyValues } from '../mirror/collapse-changes.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';
import type { Correction } from '../projection/derivation.ts';
import type { RowEvent } from './row-event.ts';
import { eventOfStep } from './row-events.ts';

/** What a correction of mirrored rows means to handlers: the changes that would have led there. */
export async function correctionEvents(
  tx: Knex.Transaction,
  mirror: MirrorTable,
  { source, net, position }: Correction,
): Promise<readonly RowEvent[]> {
  const keys = [...net.changes.values()].map((change) =>
    change.kind === 'delete' ? change.key : keyValues(change.values, mirror.key),
  );
  const stored = new Map((await mirror.rowsOf(tx, keys)).map((row) => [keyText(row, mirror.key), row]));
  const events: RowEvent[] = [];
  for (const [text, change] of net.changes) {
    const before = stored.get(text);
    const after = change.kind === 'delete' ? undefined : mirror.whole(change.values, before);
    const isSame = before && after && Object.keys(after).every((column) => after[column] === before[column]);
    const event = isSame
      ? undefined
      : eventOfStep(source, { before, after }, { position, committedAtMs: undefined, number: undefined });
    if (event) events.push(event);
  }
  return events;
}
