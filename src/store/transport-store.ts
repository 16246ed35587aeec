import type { Knex } from 'knex';
import type { Position } from '../kernel/position.ts';

/** From here on a topic holds every change. */
export interface StoredPlace {
  readonly position: Position;
  /** Digest of the log that the position belongs to. */
  readonly log: string;
  /** Of the message to read next. */
  readonly offset: bigint;
  /** Of the leader that wrote what comes before it. */
  readonly epoch: number;
}

export interface StoredTransport {
  readonly topic: string;
  readonly epoch: number;
  /** Who leads: host and process. */
  readonly leader: string;
  /** Undefined until a leader has written. */
  readonly place: StoredPlace | undefined;
  /** Since the leader was heard of, in milliseconds by the clock of the store. */
  readonly silentMs: number;
}

export interface StoredOffset {
  readonly offset: bigint;
  readonly epoch: number;
}

interface TransportRow {
  topic: string;
  epoch: string;
  leader: string;
  place_epoch: string | null;
  place_log: string | null;
  place_position: string | null;
  place_offset: string | null;
  silent_ms: string;
}

/** What leaders and readers of topics have to know of each other. */
export class TransportStore {
  async find(db: Knex, migration: string): Promise<StoredTransport | undefined> {
    const silent = db.raw(`(extract(epoch from clock_timestamp() - seen_at) * 1000)::bigint::text AS silent_ms`);
    const row: TransportRow | undefined = await db('fig.transport').where({ migration }).first('*', silent);
    if (!row) return undefined;
    return {
      topic: row.topic,
      epoch: Number(row.epoch),
      leader: row.leader,
      place:
        row.place_epoch === null
          ? undefined
          : {
              epoch: Number(row.place_epoch),
              log: row.place_log ?? '',
              position: BigInt(row.place_position ?? 0),
              offset: BigInt(row.place_offset ?? 0),
            },
      silentMs: Number(row.silent_ms),
    };
  }

  /**
   * Gives a leader its number, which is larger than those of all before: also of those that a store which was set back has
   * forgotten, as long as clocks go on.
   */
  async begin(
    db: Knex,
    migration: string,
    { topic, leader }: Pick<StoredTransport, 'topic' | 'leader'>,
  ): Promise<number> {
    const { rows } = await db.raw<{ rows: { epoch: string }[] }>(
      `INSERT INTO fig.transport AS t (migration, topic, epoch, leader, began_at, seen_at)
       VALUES (?, ?, floor(extract(epoch FROM clock_timestamp()) * 1000), ?, clock_timestamp(), clock_timestamp())
       ON CONFLICT (migration) DO UPDATE
         SET topic = excluded.topic, epoch = greatest(t.epoch + 1, excluded.epoch), leader = excluded.leader,
             began_at = excluded.began_at, seen_at = excluded.seen_at
       RETURNING epoch`,
      [migration, topic, leader],
    );
    return Number(rows[0]!.epoch);
  }

  /** What the leader of that number has written; nothing, when another one has begun. */
  async stand(db: Knex, migration: string, { epoch, log, position, offset }: StoredPlace): Promise<boolean> {
    const stood: number = await db('fig.transport')
      .where({ migration, epoch })
      .update({
        place_epoch: epoch,
        place_log: log,
        place_position: position.toString(),
        place_offset: offset.toString(),
        seen_at: db.raw('clock_timestamp()'),
      });
    return stood === 1;
  }

  /** Where projections read on, by their names. */
  async offsets(
    db: Knex,
    { topic, partition }: { readonly topic: string; readonly partition: number },
    projections: readonly string[],
  ): Promise<ReadonlyMap<string, StoredOffset>> {
    const rows: { projection: string; offset: string; epoch: string }[] = await db('fig.transport_offset')
      .where({ topic, partition })
      .whereIn('projection', [...projections])
      .select('projection', 'offset', 'epoch');
    return new Map(
      rows.map(({ projection, offset, epoch }) => [projection, { offset: BigInt(offset), epoch: Number(epoch) }]),
    );
  }

  /** In the transaction that moves the projection. */
  async saveOffset(
    tx: Knex.Transaction,
    projection: string,
    { topic, partition, offset, epoch }: StoredOffset & { readonly topic: string; readonly partition: number },
  ): Promise<void> {
    await tx('fig.transport_offset')
      .insert({ projection, topic, partition, offset: offset.toString(), epoch })
      .onConflict(['projection', 'topic', 'partition'])
      .merge(['offset', 'epoch']);
  }
}
