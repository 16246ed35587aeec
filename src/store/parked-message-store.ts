import type { Knex } from 'knex';
import { countParked, keysOfParked, takeParked, type WaitingKeys } from './parked-queue.ts';

/** A message of a topic as it came. */
export interface RawMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: ReadonlyMap<string, Buffer>;
  /** Milliseconds since the epoch. */
  readonly timestampMs: number | undefined;
}

export interface ParkedMessage extends RawMessage {
  /** Of the dead letter that it waits for; see `letterPlace`. */
  readonly place: string;
  /** Keys of the read model that it is about; undefined: not known. */
  readonly modelKeys: readonly string[] | undefined;
}

interface StoredMessage {
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: string;
  readonly timestamp_ms: string | null;
}

/** Queues of messages behind dead letters: raw, since what is not understood today may be tomorrow. Shown to nobody. */
export class ParkedMessageStore {
  /** Holds all letters of the projection that messages wait for, and tells where messages wait, and how many do. */
  async hold(
    tx: Knex.Transaction,
    projection: string,
  ): Promise<{ readonly places: ReadonlySet<string>; readonly waiting: number }> {
    const held = await tx.raw<{ rows: { place: string; changes_since: string }[] }>(
      `SELECT place, changes_since::text AS changes_since FROM fig.dead_letter AS l
        WHERE projection = ? AND kind = 'message' ORDER BY l.id FOR NO KEY UPDATE`,
      [projection],
    );
    return {
      places: new Set(held.rows.map(({ place }) => place)),
      waiting: held.rows.reduce((sum, row) => sum + Number(row.changes_since), 0),
    };
  }

  /** Puts messages at the ends of their queues, in this order, and notes at their letters how many wait behind the first. */
  async add(
    tx: Knex.Transaction,
    projection: string,
    messages: readonly ParkedMessage[],
    newPlaces: ReadonlySet<string>,
  ): Promise<void> {
    const added = new Map([...newPlaces].map((place) => [place, -1]));
    for (const { place, topic, partition, offset, key, value, headers, timestampMs, modelKeys } of messages) {
      await tx.raw(
        `INSERT INTO fig.parked_message
           (projection, place, topic, "partition", "offset", key, value, headers, timestamp_ms, model_keys)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?, ?::text[])`,
        [
          projection,
          place,
          topic,
          partition,
          offset.toString(),
          key,
          value,
          JSON.stringify([...headers].map(([name, bytes]) => [name, bytes.toString('base64')])),
          timestampMs ?? null,
          modelKeys === undefined ? null : [...modelKeys],
        ] as never,
      );
      added.set(place, (added.get(place) ?? 0) + 1);
    }
    await countParked(tx, 'message', projection, added);
  }

  /** The first messages of a queue, in order. */
  async first(
    tx: Knex.Transaction,
    projection: string,
    place: string,
    limit: number,
  ): Promise<readonly (RawMessage & { readonly id: string })[]> {
    const { rows } = await tx.raw<{ rows: StoredMessage[] }>(
      // Qualified: a bare name would be the selected text. Bytes as digits, whatever parsers the connection has.
      `SELECT p.id::text AS id, topic, "partition", "offset"::text AS "offset", encode(key, 'hex') AS key,
              encode(value, 'hex') AS value, headers::text AS headers, timestamp_ms::text AS timestamp_ms
         FROM fig.parked_message AS p WHERE projection = ? AND place = ? ORDER BY p.id LIMIT ?::int`,
      [projection, place, limit],
    );
    return rows.map((row) => ({
      id: row.id,
      topic: row.topic,
      partition: row.partition,
      offset: BigInt(row.offset),
      key: row.key === null ? null : Buffer.from(row.key, 'hex'),
      value: row.value === null ? null : Buffer.from(row.value, 'hex'),
      headers: new Map(
        (JSON.parse(row.headers) as [string, string][]).map(([name, text]) => [name, Buffer.from(text, 'base64')]),
      ),
      timestampMs: row.timestamp_ms === null ? undefined : Number(row.timestamp_ms),
    }));
  }

  /** Takes messages from the front of a queue. Returns whether others are left, which is noted at the letter. */
  take(tx: Knex.Transaction, projection: string, place: string, ids: readonly string[]): Promise<boolean> {
    return takeParked(tx, 'message', { projection, place }, ids);
  }

  /** Keys of the read model that waiting messages are about. */
  modelKeys(db: Knex, projection: string): Promise<WaitingKeys> {
    return keysOfParked(db, 'message', projection);
  }
}
