import type { Knex } from 'knex';
import type { Position } from '../kernel/position.ts';

/** How far one partition of a topic is read. */
export interface TopicOffset {
  readonly topic: string;
  readonly partition: number;
  /** Of the message to read next. */
  readonly next: bigint;
  /** The last that was read; undefined: none. */
  readonly last: { readonly offset: bigint; readonly digest: Buffer } | undefined;
}

/** Where a read model made of topics stands. */
export interface TopicStanding {
  /** What the position is of; positions of two clocks cannot be compared. */
  readonly clock: string;
  /** Every write up to it has had its time to get into the topics, and all of those was read since. */
  readonly position: Position | undefined;
  /** Since everything that the topics had was read, in milliseconds by the clock of the store; undefined: it never was. */
  readonly behindMs: number | undefined;
  /** Messages that are not read yet. */
  readonly behind: number;
  /** Events that came again and were left out. */
  readonly repeats: number;
  /** Why it does not go on; undefined: it does. */
  readonly problem: string | undefined;
}

interface StandingRow {
  clock: string;
  position: string | null;
  behind_ms: string | null;
  behind: string;
  repeats: string;
  problem: string | null;
}

/** How far topics of events are read, by projection. Whoever writes holds the projection in the same transaction. */
export class TopicStore {
  async offsets(db: Knex, projection: string): Promise<readonly TopicOffset[]> {
    const { rows } = await db.raw<{
      rows: { topic: string; partition: number; next: string; last: string | null; digest: string | null }[];
    }>(
      `SELECT topic, "partition", next::text AS next, last::text AS last, encode(digest, 'hex') AS digest
         FROM fig.topic_offset WHERE projection = ? ORDER BY topic, "partition"`,
      [projection],
    );
    return rows.map(({ topic, partition, next, last, digest }) => ({
      topic,
      partition,
      next: BigInt(next),
      last: last === null || digest === null ? undefined : { offset: BigInt(last), digest: Buffer.from(digest, 'hex') },
    }));
  }

  /** False: it is being read already, or somebody else has begun. */
  async begin(
    tx: Knex.Transaction,
    projection: string,
    { topic, partition, next }: Pick<TopicOffset, 'topic' | 'partition' | 'next'>,
  ): Promise<boolean> {
    const { rowCount } = await tx.raw<{ rowCount: number }>(
      `INSERT INTO fig.topic_offset (projection, topic, "partition", next) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      [projection, topic, partition, next.toString()],
    );
    return rowCount === 1;
  }

  /** False: it does not stand where the caller believes, so that the caller must give up its transaction. */
  async advance(
    tx: Knex.Transaction,
    projection: string,
    { topic, partition, next, last }: TopicOffset,
    from: bigint,
  ): Promise<boolean> {
    const moved: number = await tx('fig.topic_offset')
      .where({ projection, topic, partition, next: from.toString() })
      .update({
        next: next.toString(),
        ...(last && { last: last.offset.toString(), digest: last.digest }),
      });
    return moved === 1;
  }

  /** Of these events, the numbers of those that were not seen before; from now on they were. */
  async unseen(tx: Knex.Transaction, projection: string, digests: readonly Buffer[]): Promise<ReadonlySet<string>> {
    if (digests.length === 0) return new Set();
    const { rows } = await tx.raw<{ rows: { digest: string }[] }>(
      `INSERT INTO fig.seen_event (projection, digest)
       SELECT ?, decode(d, 'hex') FROM unnest(?::text[]) AS d ON CONFLICT DO NOTHING RETURNING encode(digest, 'hex') AS digest`,
      [projection, [...new Set(digests.map((digest) => digest.toString('hex')))]] as never,
    );
    return new Set(rows.map(({ digest }) => digest));
  }

  /** Forgets events that were seen longer ago than that, also those of read models that nobody reads any more. */
  async forgetSeen(db: Knex, olderThanMs: number): Promise<void> {
    await db.raw(
      `DELETE FROM fig.seen_event WHERE projection IN (SELECT projection FROM fig.topic_standing)
          AND seen_at < clock_timestamp() - ?::float8 * interval '1 ms'`,
      [olderThanMs],
    );
  }

  async addRepeats(tx: Knex.Transaction, projection: string, repeats: number): Promise<void> {
    await tx('fig.topic_standing')
      .where({ projection })
      .update({ repeats: tx.raw('repeats + ?', [repeats]) });
  }

  async standing(db: Knex, projection: string): Promise<TopicStanding | undefined> {
    const row: StandingRow | undefined = await db('fig.topic_standing')
      .where({ projection })
      .first(
        'clock',
        'position',
        'behind',
        'repeats',
        'problem',
        db.raw(`(extract(epoch FROM clock_timestamp() - level_at) * 1000)::float8::text AS behind_ms`),
      );
    return (
      row && {
        clock: row.clock,
        position: row.position === null ? undefined : BigInt(row.position),
        behindMs: row.behind_ms === null ? undefined : Math.max(0, Number(row.behind_ms)),
        behind: Number(row.behind),
        repeats: Number(row.repeats),
        problem: row.problem ?? undefined,
      }
    );
  }

  /** `levelMs`: since everything was read. A position that is not known yet leaves the one that is there. */
  async stand(
    tx: Knex.Transaction,
    projection: string,
    {
      clock,
      position,
      levelMs,
      behind,
      problem,
    }: {
      readonly clock: string;
      readonly position: Position | undefined;
      readonly levelMs: number | undefined;
      readonly behind: number;
      readonly problem: string | undefined;
    },
  ): Promise<void> {
    await tx.raw(
      `INSERT INTO fig.topic_standing AS s (projection, clock, position, level_at, behind, problem)
       VALUES (?, ?, ?::numeric, clock_timestamp() - ?::float8 * interval '1 ms', ?, ?)
       ON CONFLICT (projection) DO UPDATE SET behind = excluded.behind, problem = excluded.problem,
         level_at = coalesce(excluded.level_at, s.level_at),
         position = CASE WHEN excluded.clock = s.clock THEN coalesce(excluded.position, s.position) ELSE excluded.position END,
         clock = excluded.clock`,
      [projection, clock, position?.toString() ?? null, levelMs ?? null, behind, problem ?? null] as never,
    );
  }

  /** What is told of it when it cannot be read at all, whoever it belongs to. */
  async trouble(db: Knex, projection: string, problem: string): Promise<void> {
    await db('fig.topic_standing').where({ projection }).update({ problem });
  }
}
