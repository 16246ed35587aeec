import type { Knex } from 'knex';

/** What could not be done. */
export type DeadLetterKind =
  /** One key of the read model could not be built. It is parked; all others go on. */
  | 'build'
  /** No key could be built: the definition does not fit. `key` is one that was tried. */
  | 'model'
  /** `dirty` failed for a source row, so the keys that it would have named are not known. */
  | 'dirty'
  /** The mirror did not take a source row. */
  | 'land'
  /** A handler did not take a change of a source row. The row is parked, with what happens to it later. */
  | 'change'
  /** An event of a topic that is not understood, not declared, or not taken by its handler. It is parked, with what comes after it. */
  | 'message';

/** What is known of a failure when it happens. */
export interface DeadLetterNote {
  readonly kind: DeadLetterKind;
  /** Key of the read model; undefined where it is not known. */
  readonly key: string | undefined;
  /** `schema.table` of the legacy database, and the key of the row. */
  readonly source: string | undefined;
  readonly sourceKey: readonly string[] | undefined;
  /** SQLSTATE, or the name of the error. */
  readonly code: string;
  /** Redacted. */
  readonly message: string;
}

export interface DeadLetter extends DeadLetterNote {
  readonly id: number;
  /** Name of the projection, e.g. `order_summary_v1`. */
  readonly projection: string;
  readonly attempts: number;
  /** Changes of the key since it was parked. They are in the mirror already; those for handlers wait besides. */
  readonly changesSince: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
  /** Undefined: only when somebody asks for it. */
  readonly nextAt: Date | undefined;
}

interface StoredLetter {
  readonly id: string;
  readonly projection: string;
  readonly kind: DeadLetterKind;
  readonly key: string | null;
  readonly source: string | null;
  readonly source_key: string | null;
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
  readonly changes_since: string;
  readonly first_ms: string;
  readonly last_ms: string;
  readonly next_ms: string | null;
}

/** The target's own parsers leave times as text, so they are asked for as milliseconds. */
const columns = `id::text AS id, projection, kind, key, source, source_key::text AS source_key, code, message,
  attempts::int AS attempts, changes_since::text AS changes_since,
  (extract(epoch FROM first_at) * 1000)::text AS first_ms, (extract(epoch FROM last_at) * 1000)::text AS last_ms,
  CASE WHEN isfinite(next_at) THEN (extract(epoch FROM next_at) * 1000)::text END AS next_ms`;

/** Half of the rest at least, doubled from 1 s to 5 min; several letters of one cause do not come back at once. */
const nextSql = `clock_timestamp() + least(300, power(2, least(?::int, 20) - 1)) * (0.5 + random() / 2) * interval '1 second'`;

/** Letters of all projections. What parks or mends a key takes the transaction it does so in. */
export class DeadLetterStore {
  /** Oldest first; of every projection when none is named. */
  async list(db: Knex, projections?: readonly string[]): Promise<readonly DeadLetter[]> {
    const { rows } = await db.raw<{ rows: StoredLetter[] }>(
      `SELECT ${columns} FROM fig.dead_letter AS l WHERE ?::text[] IS NULL OR projection = ANY (?::text[]) ORDER BY l.id`,
      [projections ? [...projections] : null, projections ? [...projections] : null] as never,
    );
    return rows.map(toLetter);
  }

  async count(db: Knex, projection: string): Promise<number> {
    const row = await db('fig.dead_letter').where({ projection }).count({ n: '*' }).first();
    return Number(row?.n ?? 0);
  }

  async find(db: Knex, id: number): Promise<DeadLetter | undefined> {
    const { rows } = await db.raw<{ rows: StoredLetter[] }>(`SELECT ${columns} FROM fig.dead_letter WHERE id = ?`, [
      id,
    ]);
    return rows[0] && toLetter(rows[0]);
  }

  /** The same, held until the transaction ends. */
  async hold(tx: Knex.Transaction, id: number): Promise<DeadLetter | undefined> {
    const sql = `SELECT ${columns} FROM fig.dead_letter WHERE id = ? FOR UPDATE`;
    const { rows } = await tx.raw<{ rows: StoredLetter[] }>(sql, [id]);
    return rows[0] && toLetter(rows[0]);
  }

  /** The letter that has been due for longest; held until the transaction ends, so that nobody discards it meanwhile. */
  async takeDue(tx: Knex.Transaction, projection: string): Promise<DeadLetter | undefined> {
    const { rows } = await tx.raw<{ rows: StoredLetter[] }>(
      `SELECT ${columns} FROM fig.dead_letter AS l WHERE projection = ? AND next_at <= clock_timestamp()
        ORDER BY l.next_at, l.id LIMIT 1 FOR UPDATE`,
      [projection],
    );
    return rows[0] && toLetter(rows[0]);
  }

  /** Writes a letter, or counts a further attempt of the one that is there. */
  async park(tx: Knex.Transaction, projection: string, note: DeadLetterNote): Promise<void> {
    const sourceKey = note.sourceKey ? JSON.stringify(note.sourceKey) : null;
    const place = letterPlace(note);
    // A row that the mirror refused would have to be copied anew, which is for an operator to ask for.
    const next = note.kind === 'land' ? `'infinity'::timestamptz` : nextSql;
    await tx.raw(
      `INSERT INTO fig.dead_letter AS l (projection, kind, place, key, source, source_key, code, message, next_at)
       VALUES (?, ?, ?, ?, ?, ?::jsonb, ?, ?, ${next})
       ON CONFLICT (projection, kind, place) DO UPDATE SET key = EXCLUDED.key, code = EXCLUDED.code,
         message = EXCLUDED.message, attempts = l.attempts + 1, last_at = clock_timestamp(), next_at = EXCLUDED.next_at`,
      [
        projection,
        note.kind,
        place,
        note.key ?? null,
        note.source ?? null,
        sourceKey,
        note.code,
        note.message,
        ...(note.kind === 'land' ? [] : [1]),
      ],
    );
  }

  /** Notes that it failed again; the next attempt comes after a longer rest. */
  async failedAgain(tx: Knex.Transaction, letter: DeadLetter, why: Pick<DeadLetterNote, 'code' | 'message'>) {
    await tx.raw(
      `UPDATE fig.dead_letter SET code = ?, message = ?, attempts = attempts + 1, last_at = clock_timestamp(),
         next_at = ${nextSql} WHERE id = ?`,
      [why.code, why.message, letter.attempts + 1, letter.id],
    );
  }

  /** Of these keys, those that are parked. Each is noted to have changed once more. */
  async countChanges(tx: Knex.Transaction, projection: string, keys: readonly string[]): Promise<readonly string[]> {
    const { rows } = await tx.raw<{ rows: { key: string }[] }>(
      `UPDATE fig.dead_letter SET changes_since = changes_since + 1
        WHERE projection = ? AND kind = 'build' AND place = ANY (?::text[]) RETURNING key`,
      [projection, [...keys]] as never,
    );
    return rows.map(({ key }) => key);
  }

  /** False: it is not there any more. */
  async remove(tx: Knex.Transaction, id: number): Promise<boolean> {
    const removed: number = await tx('fig.dead_letter').where({ id }).delete();
    return removed === 1;
  }

  /** Makes letters due now; of one id, or of whole projections, or all. Returns the ids. */
  async hasten(
    db: Knex,
    which: { id?: number | undefined; projections?: readonly string[] | undefined; automatic?: boolean },
  ) {
    const projections = which.projections ? [...which.projections] : null;
    const { rows } = await db.raw<{ rows: { id: string }[] }>(
      `UPDATE fig.dead_letter SET next_at = clock_timestamp()
        WHERE (?::bigint IS NULL OR id = ?::bigint) AND (?::text[] IS NULL OR projection = ANY (?::text[]))
          AND (isfinite(next_at) OR NOT ?::boolean) RETURNING id::text AS id`,
      [which.id ?? null, which.id ?? null, projections, projections, which.automatic ?? false] as never,
    );
    return rows.map(({ id }) => Number(id));
  }
}

/** What tells letters of one kind apart. */
export function letterPlace({ kind, key, source, sourceKey }: Omit<DeadLetterNote, 'code' | 'message'>): string {
  if (kind === 'build') return key!;
  return kind === 'model' ? '' : `${source} ${sourceKey ? JSON.stringify(sourceKey) : null}`;
}

function toLetter(row: StoredLetter): DeadLetter {
  return {
    id: Number(row.id),
    projection: row.projection,
    kind: row.kind,
    key: row.key ?? undefined,
    source: row.source ?? undefined,
    sourceKey: row.source_key === null ? undefined : (JSON.parse(row.source_key) as string[]),
    code: row.code,
    message: row.message,
    attempts: row.attempts,
    changesSince: Number(row.changes_since),
    firstAt: new Date(Number(row.first_ms)),
    lastAt: new Date(Number(row.last_ms)),
    nextAt: row.next_ms === null ? undefined : new Date(Number(row.next_ms)),
  };
}
