import type { Knex } from 'knex';
import type { Position } from '../kernel/position.ts';

/** A domain event that waits until a read model was given its history. */
export interface EarlyEvent {
  /** Its parts, `id` among them. */
  readonly event: Readonly<Record<string, string | null>>;
  readonly position: Position;
  readonly committedAtMs: number | undefined;
}

const WRITTEN_AT_ONCE = 500;

/** What came early, of all projections, in its order. */
export class EarlyEventStore {
  async add(tx: Knex.Transaction, projection: string, events: readonly EarlyEvent[]): Promise<void> {
    for (let from = 0; from < events.length; from += WRITTEN_AT_ONCE) {
      await tx('fig.early_event').insert(
        events.slice(from, from + WRITTEN_AT_ONCE).map(({ event, position, committedAtMs }) => ({
          projection,
          event_id: event['id'],
          event: JSON.stringify(event),
          position: position.toString(),
          committed_ms: committedAtMs,
        })),
      );
    }
  }

  /** Of these ids of events, those that wait. */
  async known(tx: Knex.Transaction, projection: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
    if (ids.length === 0) return new Set();
    const rows: { event_id: string }[] = await tx('fig.early_event')
      .where({ projection })
      .whereIn('event_id', [...ids])
      .select('event_id');
    return new Set(rows.map(({ event_id }) => event_id));
  }

  /** Takes the first ones away. */
  async take(tx: Knex.Transaction, projection: string, most: number): Promise<readonly EarlyEvent[]> {
    const { rows } = await tx.raw<{ rows: { event: string; position: string; committed_ms: string | null }[] }>(
      `WITH taken AS (
         DELETE FROM fig.early_event WHERE id IN (
           SELECT id FROM fig.early_event WHERE projection = ? ORDER BY id LIMIT ?)
         RETURNING id, event::text AS event, position::text AS position, committed_ms::text AS committed_ms)
       SELECT event, position, committed_ms FROM taken ORDER BY id`,
      [projection, most],
    );
    return rows.map(({ event, position, committed_ms }) => ({
      event: JSON.parse(event) as EarlyEvent['event'],
      position: BigInt(position),
      committedAtMs: committed_ms === null ? undefined : Number(committed_ms),
    }));
  }
}
