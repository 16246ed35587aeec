import type { DomainEventDraft, Translation } from '../../config/domain-events-definition.ts';
import { formatPosition } from '../../kernel/position.ts';
import { OwnError } from '../dead-letters/own-error.ts';
import { type RowEvent, rowKeysOf, toRowChange } from '../handlers/row-event.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';
import { eventRow } from './event-row.ts';

/**
 * The events that a change is translated into, in their order. Throws what the translation throws, and OwnError for what is
 * no event. No I/O.
 */
export function translateChange(
  translation: Translation,
  event: RowEvent,
  { source, key }: Pick<MirrorTable, 'source' | 'key'>,
  table: string,
): readonly RowEvent[] {
  const drafts = translation(toRowChange(event, table, source.columns));
  if (drafts === undefined || drafts === null) return [];
  return (Array.isArray(drafts) ? drafts : [drafts]).map((draft: DomainEventDraft, n) => {
    const id = draft.id ?? `${originOf(event, key)}/${n}`;
    const { type, at } = draft;
    if (typeof type !== 'string' || draft.key === undefined || draft.key === null) {
      throw new OwnError('translate gave an event without type or key');
    }
    const data = JSON.stringify(draft.data) ?? null;
    return eventRow({ id, type, key: String(draft.key), at: at?.toISOString() ?? null, data }, event);
  });
}

/** What names a change and no other, each time that it is met. A row that was there has no place in the log. */
function originOf(event: RowEvent, key: readonly string[]): string {
  const { source, kind, position, number } = event;
  if (number !== undefined) return `${formatPosition(position)}/${number}`;
  const row = JSON.stringify([source, ...rowKeysOf(event, key)]);
  return kind === 'snapshot' ? `snapshot/${row}` : `correction/${formatPosition(position)}/${row}`;
}
