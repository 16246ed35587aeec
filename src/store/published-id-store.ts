import type { Knex } from 'knex';

/** How far the ids that are old enough were looked through. */
export interface IdCursor {
  /** As PostgreSQL prints it. */
  readonly queuedAt: string;
  readonly id: string;
}

export interface OldIds {
  /** Remembered for no less than that, in milliseconds. */
  readonly olderThanMs: number;
  /** Of events that legacy's log had at this position or before. */
  readonly upTo: bigint;
  readonly after: IdCursor | undefined;
  readonly most: number;
}

/** A column of a mirror whose values are ids of events. */
export interface IdColumn {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
}

/** A type of ids that can be looked up by an index, and what its values look like. */
const indexed: ReadonlyMap<string, { readonly array: string; readonly looks: RegExp }> = new Map([
  ['uuid', { array: 'uuid[]', looks: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/ }],
  ['smallint', { array: 'bigint[]', looks: /^-?\d{1,18}$/ }],
  ['integer', { array: 'bigint[]', looks: /^-?\d{1,18}$/ }],
  ['bigint', { array: 'bigint[]', looks: /^-?\d{1,18}$/ }],
  ['text', { array: 'text[]', looks: /^/ }],
  ['character varying', { array: 'text[]', looks: /^/ }],
  // Without this their blanks would be lost, and so the id not be found.
  ['character', { array: 'bpchar[]', looks: /^/ }],
]);

/** The ids of what was published, by which nothing is published twice. */
export class PublishedIdStore {
  /** Up to where all of these projections are; undefined: one of them is not made yet, or is made just now. */
  async leastPosition(db: Knex, projections: readonly string[]): Promise<bigint | undefined> {
    const { rows } = await db.raw<{ rows: { least: string | null; ready: string }[] }>(
      `SELECT min(position)::text AS least, count(*)::text AS ready FROM fig.projection
        WHERE name = ANY(?::text[]) AND fingerprint <> ''`,
      [[...projections]] as never,
    );
    const { least, ready } = rows[0]!;
    return least === null || Number(ready) < projections.length ? undefined : BigInt(least);
  }

  /** Whether the mirrors of the projection have what legacy has. */
  async isCopied(db: Knex, name: string): Promise<boolean> {
    return (await db('fig.projection').where({ name }).whereNot({ state: 'copying' }).first('name')) !== undefined;
  }

  /** The first of them, the oldest first. */
  async old(db: Knex, { olderThanMs, upTo, after, most }: OldIds): Promise<readonly IdCursor[]> {
    const { rows } = await db.raw<{ rows: { queued_at: string; event_id: string }[] }>(
      `SELECT queued_at::text AS queued_at, event_id FROM fig.published_id AS p
        WHERE p.queued_at < clock_timestamp() - ?::float8 * interval '1 ms' AND coalesce(position, 0) <= ?::numeric
          AND (p.queued_at, event_id) > (coalesce(?::timestamptz, '-infinity'), ?::text)
        ORDER BY p.queued_at, event_id LIMIT ?`,
      [olderThanMs, upTo.toString(), after?.queuedAt ?? null, after?.id ?? '', most] as never,
    );
    return rows.map(({ queued_at: queuedAt, event_id: id }) => ({ queuedAt, id }));
  }

  /** Of these ids those that rows of the mirror have. */
  async standing(db: Knex, { schema, table, column }: IdColumn, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const type = await this.#typeOf(db, { schema, table, column });
    const { array, looks = /^/ } = indexed.get(type) ?? {};
    const asked = ids.filter((id) => looks.test(id));
    if (asked.length === 0) return new Set();
    const isOne = array ? `?? = ANY(?::text[]::${array})` : '??::text = ANY(?::text[])';
    const { rows } = await db.raw<{ rows: { id: string }[] }>(`SELECT ??::text AS id FROM ??.?? WHERE ${isOne}`, [
      column,
      schema,
      table,
      column,
      asked,
    ] as never);
    const found = new Set(rows.map(({ id }) => id));
    return type === 'character' ? new Set(asked.filter((id) => found.has(id.replace(/ +$/, '')))) : found;
  }

  async forget(db: Knex, ids: readonly string[]): Promise<void> {
    await db.raw('DELETE FROM fig.published_id WHERE event_id = ANY(?::text[])', [[...ids]] as never);
  }

  /** Without its length. Rejects where there is no such column. */
  async #typeOf(db: Knex, { schema, table, column }: IdColumn): Promise<string> {
    const { rows } = await db.raw<{ rows: { type: string }[] }>(
      `SELECT format_type(atttypid, NULL) AS type FROM pg_attribute
        WHERE attrelid = to_regclass(format('%I.%I', ?::text, ?::text)) AND attname = ? AND NOT attisdropped`,
      [schema, table, column],
    );
    if (!rows[0]) throw new Error(`there is no column ${column} of ${schema}.${table}`);
    return rows[0].type;
  }
}
