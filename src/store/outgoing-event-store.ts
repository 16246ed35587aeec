import type { Knex } from 'knex';
import type { DomainEvent } from '../config/domain-event.ts';

/** An event that is to be published. */
export interface OutgoingEvent {
  /** Rises in the order of the log. */
  readonly number: bigint;
  readonly event: DomainEvent;
}

/** The queue between what legacy's log holds and the topic that it is published to, and how far that is. */
export class OutgoingEventStore {
  /** Once for each id: when all has to be given again, what was published is not published again. */
  async add(tx: Knex, { id, type, key, at, data, position }: DomainEvent): Promise<void> {
    const event = JSON.stringify({ id, type, key, at: at?.toISOString(), data, position: position?.toString() });
    await tx.raw(
      `WITH fresh AS (INSERT INTO fig.published_id (event_id) VALUES (?) ON CONFLICT DO NOTHING RETURNING event_id)
       INSERT INTO fig.outgoing_event (event) SELECT ?::json FROM fresh`,
      [id, event],
    );
  }

  /** The first events, in order: at most so many, and no more once they take so many bytes in the table. */
  async next(db: Knex, most: number, mostBytes: number): Promise<readonly OutgoingEvent[]> {
    const { rows } = await db.raw<{ rows: { number: string; event: string }[] }>(
      `SELECT first.number::text AS number, first.event::text AS event FROM (
         SELECT number, event, sum(pg_column_size(event)) OVER (ORDER BY number) - pg_column_size(event) AS before
           FROM fig.outgoing_event ORDER BY number LIMIT ?) AS first
        WHERE first.before < ? ORDER BY first.number`,
      [most, mostBytes],
    );
    return rows.map(({ number, event }) => ({ number: BigInt(number), event: eventOf(event) }));
  }

  /** Takes away what is published: all up to this number. */
  async done(db: Knex, upTo: bigint): Promise<void> {
    await db.raw('DELETE FROM fig.outgoing_event WHERE number <= ?::bigint', [upTo.toString()]);
  }

  /** What the numbers of this queue are told under, and the last that was given out. */
  async publication(db: Knex): Promise<{ readonly name: string; readonly last: bigint }> {
    await db.raw('INSERT INTO fig.publication (one) VALUES (true) ON CONFLICT DO NOTHING');
    const { rows } = await db.raw<{ rows: { name: string; last: string }[] }>(
      `SELECT p.name::text AS name, coalesce(s.last_value, 0)::text AS last FROM fig.publication p
         LEFT JOIN pg_sequences s ON s.schemaname || '.' || quote_ident(s.sequencename)
           = pg_get_serial_sequence('fig.outgoing_event', 'number')`,
    );
    return { name: rows[0]!.name, last: BigInt(rows[0]!.last) };
  }

  /** Numbers mean something else from now on: the store was restored from a backup, and gives out some of them again. */
  async rename(db: Knex): Promise<void> {
    await db.raw('UPDATE fig.publication SET name = gen_random_uuid()');
  }
}

function eventOf(text: string): DomainEvent {
  const { id, type, key, at, data, position } = JSON.parse(text) as Readonly<Record<'id' | 'type' | 'key', string>> &
    Readonly<Partial<Record<'at' | 'position', string>>> & { readonly data?: unknown };
  return {
    id,
    type,
    key,
    at: at === undefined ? undefined : new Date(at),
    data,
    position: position === undefined ? undefined : BigInt(position),
  };
}
