import type { Knex } from 'knex';
import type { DomainEvent } from '../config/domain-event.ts';

/** An event that is to be published. */
export interface OutgoingEvent {
  /** Rises in the order of the log. */
  readonly number: bigint;
  readonly event: DomainEvent;
}

/** What waits to be published, and how publishing goes. */
export interface PublicationState {
  /** Events that wait; beyond 100,000 by their numbers, which may be some too many. */
  readonly waiting: number;
  /** Since the first of them was queued, in milliseconds by the clock of the store; undefined: none waits. */
  readonly oldestMs: number | undefined;
  /** Where in legacy's log the last one was that was published; undefined: none was. */
  readonly position: bigint | undefined;
  /** Since events were published last, in milliseconds. */
  readonly publishedMs: number | undefined;
  /** Ids that are remembered so that none is published twice, as the store estimates. */
  readonly remembered: number;
}

/** Counting more would take the store too long to be asked again and again. */
const COUNTED = 100_000;

/** The queue between what legacy's log holds and the topic that it is published to, and how far that is. */
export class OutgoingEventStore {
  /** Once for each id: when all has to be given again, what was published is not published again. */
  async add(tx: Knex, { id, type, key, at, data, position }: DomainEvent): Promise<void> {
    const event = JSON.stringify({ id, type, key, at: at?.toISOString(), data, position: position?.toString() });
    await tx.raw(
      `WITH fresh AS (INSERT INTO fig.published_id (event_id, position) VALUES (?, ?::numeric)
         ON CONFLICT DO NOTHING RETURNING event_id)
       INSERT INTO fig.outgoing_event (event) SELECT ?::json FROM fresh`,
      [id, position?.toString() ?? null, event] as never,
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
    await db.raw(
      `WITH gone AS (DELETE FROM fig.outgoing_event WHERE number <= ?::bigint RETURNING number, event->>'position' AS position)
       UPDATE fig.publication SET position = coalesce(last.position::numeric, publication.position),
         published_at = clock_timestamp()
         FROM (SELECT position FROM gone ORDER BY number DESC LIMIT 1) AS last`,
      [upTo.toString()],
    );
  }

  async state(db: Knex): Promise<PublicationState> {
    const { rows } = await db.raw<{ rows: [StateRow] }>(
      `SELECT (SELECT count(*) FROM (SELECT FROM fig.outgoing_event LIMIT ${COUNTED}) AS first_ones)::text AS counted,
         s.span::text AS span, ${msSince('e.queued_at')} AS oldest_ms,
         p.position::text AS position, ${msSince('p.published_at')} AS published_ms,
         (SELECT greatest(reltuples, 0)::bigint::text FROM pg_class WHERE oid = 'fig.published_id'::regclass) AS remembered
         FROM (SELECT min(number) AS first, max(number) - min(number) + 1 AS span FROM fig.outgoing_event) AS s
         LEFT JOIN fig.outgoing_event e ON e.number = s.first
         LEFT JOIN fig.publication p ON true`,
    );
    return stateOf(rows[0]);
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

interface StateRow {
  counted: string;
  span: string | null;
  oldest_ms: number | null;
  position: string | null;
  published_ms: number | null;
  remembered: string;
}

function msSince(column: string): string {
  return `(extract(epoch FROM clock_timestamp() - ${column}) * 1000)::float8`;
}

/** The clock of the store may have been set back. */
function since(ms: number | null): number | undefined {
  return ms === null ? undefined : Math.max(0, ms);
}

function stateOf({ counted, span, remembered, ...row }: StateRow): PublicationState {
  return {
    waiting: Number(counted) < COUNTED ? Number(counted) : Number(span ?? counted),
    oldestMs: since(row.oldest_ms),
    position: row.position === null ? undefined : BigInt(row.position),
    publishedMs: since(row.published_ms),
    remembered: Number(remembered),
  };
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
