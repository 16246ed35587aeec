import type { Knex } from 'knex';
import type { Position } from '../kernel/position.ts';
import { countParked, keysOfParked, takeParked, type WaitingKeys } from './parked-queue.ts';

/** `event`: a domain event, whose parts are in `after`. */
export type ChangeKind = 'snapshot' | 'insert' | 'update' | 'delete' | 'truncate' | 'event';

type StoredRow = Readonly<Record<string, string | null>>;

/** A change that a handler has not been given yet, or could not take. */
export interface ParkedChange {
  /** Of the dead letter that it waits for; see `letterPlace`. */
  readonly place: string;
  readonly source: string;
  /** Texts of the keys that its row had; none: it is about all rows of the source. */
  readonly rowKeys: readonly string[];
  /** Keys of the read model that it is about; undefined: not known. */
  readonly modelKeys: readonly string[] | undefined;
  readonly kind: ChangeKind;
  readonly before: StoredRow | undefined;
  readonly after: StoredRow | undefined;
  readonly position: Position;
  readonly committedAtMs: number | undefined;
  /** Its number within its transaction; undefined for what has no place in the log. */
  readonly number?: number | undefined;
}

/** Where a row waits. `key` is undefined for all rows of the source. */
export interface ParkedPlace {
  readonly place: string;
  readonly source: string;
  readonly key: string | undefined;
}

interface StoredChange {
  readonly id: string;
  readonly source: string;
  readonly kind: ChangeKind;
  readonly before: string | null;
  readonly after: string | null;
  readonly position: string;
  readonly committed_ms: string | null;
  readonly number: string | null;
}

/** Of the texts of changes that one statement writes or reads. One change may be longer. */
const LETTERS_AT_ONCE = 8 * 1024 * 1024;

export type WaitingChange = Omit<ParkedChange, 'place' | 'rowKeys' | 'modelKeys'> & { readonly id: string };

/** Queues of changes behind dead letters. What adds to them or takes from them holds the letter. */
export class ParkedChangeStore {
  /**
   * Holds all letters of the projection that changes wait for, and tells which rows have changes waiting, and how many
   * wait behind those that the letters are about.
   */
  async hold(
    tx: Knex.Transaction,
    projection: string,
  ): Promise<{ readonly places: readonly ParkedPlace[]; readonly waiting: number }> {
    const held = await tx.raw<{ rows: { changes_since: string }[] }>(
      `SELECT changes_since::text AS changes_since FROM fig.dead_letter AS l WHERE projection = ? AND kind = 'change'
        ORDER BY l.id FOR NO KEY UPDATE`,
      [projection],
    );
    const { rows } = await tx.raw<{ rows: { place: string; source: string; key: string | null }[] }>(
      `SELECT DISTINCT p.place, p.source, k.key FROM fig.parked_change p LEFT JOIN unnest(p.row_keys) AS k(key) ON true
        WHERE p.projection = ?`,
      [projection],
    );
    return {
      places: rows.map(({ place, source, key }) => ({ place, source, key: key ?? undefined })),
      waiting: held.rows.reduce((sum, row) => sum + Number(row.changes_since), 0),
    };
  }

  /** Puts changes at the ends of their queues, in this order. */
  async add(tx: Knex.Transaction, projection: string, changes: readonly ParkedChange[]): Promise<void> {
    // The same large value may be part of very many changes, and no text may be longer than half a gigabyte.
    for (const list of listsOf(changes)) await this.#insert(tx, projection, list);
  }

  async #insert(tx: Knex.Transaction, projection: string, list: string): Promise<void> {
    await tx.raw(
      `INSERT INTO fig.parked_change
         (projection, place, source, row_keys, model_keys, kind, before, after, position, committed_ms, number)
       SELECT ?, c.e ->> 'place', c.e ->> 'source',
              ARRAY (SELECT json_array_elements_text(c.e -> 'row_keys')),
              CASE WHEN json_typeof(c.e -> 'model_keys') = 'array'
                   THEN ARRAY (SELECT json_array_elements_text(c.e -> 'model_keys')) END,
              c.e ->> 'kind',
              CASE WHEN json_typeof(c.e -> 'before') = 'object' THEN c.e -> 'before' END,
              CASE WHEN json_typeof(c.e -> 'after') = 'object' THEN c.e -> 'after' END,
              (c.e ->> 'position')::numeric, (c.e ->> 'committed_ms')::bigint,
              (c.e ->> 'number')::bigint
         FROM json_array_elements(?::json) WITH ORDINALITY AS c(e, n) ORDER BY c.n`,
      [projection, list],
    );
  }

  /** Makes one queue of several: some row is part of all of them. Their order is that of the changes. */
  async merge(tx: Knex.Transaction, projection: string, from: readonly string[], into: string): Promise<void> {
    await tx('fig.parked_change')
      .where({ projection })
      .whereIn('place', [...from])
      .update({ place: into });
    await tx.raw(
      `WITH gone AS (
         DELETE FROM fig.dead_letter WHERE projection = ? AND kind = 'change' AND place = ANY (?::text[])
         RETURNING changes_since)
       UPDATE fig.dead_letter SET changes_since = changes_since + (SELECT coalesce(sum(changes_since + 1), 0) FROM gone)
        WHERE projection = ? AND kind = 'change' AND place = ?`,
      [projection, [...from], projection, into] as never,
    );
  }

  /** Notes at letters that further changes wait for them. */
  count(tx: Knex.Transaction, projection: string, added: ReadonlyMap<string, number>): Promise<void> {
    return countParked(tx, 'change', projection, added);
  }

  /** The first changes of a queue, in order; fewer than asked for where they are large, none only when it is empty. */
  async first(
    tx: Knex.Transaction,
    projection: string,
    place: string,
    limit: number,
  ): Promise<readonly WaitingChange[]> {
    const { rows } = await tx.raw<{ rows: StoredChange[] }>(
      // Qualified: a bare name would be the selected text, and text sorts 10 before 9.
      `SELECT id::text AS id, source, kind, before::text AS before, after::text AS after,
              position::text AS position, committed_ms::text AS committed_ms, number::text AS number
         FROM (SELECT *, sum(length) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) - length AS letters_before
                 FROM (SELECT *, coalesce(length(before::text), 0) + coalesce(length(after::text), 0) AS length
                         FROM fig.parked_change WHERE projection = ? AND place = ? ORDER BY id LIMIT ${limit}) AS p) AS p
        WHERE letters_before < ${LETTERS_AT_ONCE} ORDER BY p.id`,
      [projection, place],
    );
    return rows.map((row) => ({
      id: row.id,
      source: row.source,
      kind: row.kind,
      before: row.before === null ? undefined : (JSON.parse(row.before) as StoredRow),
      after: row.after === null ? undefined : (JSON.parse(row.after) as StoredRow),
      position: BigInt(row.position),
      committedAtMs: row.committed_ms === null ? undefined : Number(row.committed_ms),
      number: row.number === null ? undefined : Number(row.number),
    }));
  }

  /** Takes changes from the front of a queue. Returns whether others are left, which is noted at the letter. */
  take(tx: Knex.Transaction, projection: string, place: string, ids: readonly string[]): Promise<boolean> {
    return takeParked(tx, 'change', { projection, place }, ids);
  }

  /** Keys of the read model that waiting changes are about. */
  modelKeys(db: Knex, projection: string): Promise<WaitingKeys> {
    return keysOfParked(db, 'change', projection);
  }

  /** Forgets all queues, and lets go of their letters until somebody asks. */
  async forget(tx: Knex.Transaction, projection: string, letters: 'keep' | 'remove'): Promise<void> {
    await tx('fig.parked_change').where({ projection }).delete();
    const those = tx('fig.dead_letter').where({ projection, kind: 'change' });
    if (letters === 'remove') await those.delete();
    else await those.update({ next_at: tx.raw(`'infinity'`) });
  }
}

function* listsOf(changes: readonly ParkedChange[]): Generator<string> {
  let [texts, letters]: [string[], number] = [[], 0];
  for (const change of changes) {
    const text = textOf(change);
    if (texts.length > 0 && letters + text.length > LETTERS_AT_ONCE) {
      yield `[${texts.join(',')}]`;
      [texts, letters] = [[], 0];
    }
    texts.push(text);
    letters += text.length;
  }
  if (texts.length > 0) yield `[${texts.join(',')}]`;
}

function textOf(change: ParkedChange): string {
  return JSON.stringify({
    place: change.place,
    source: change.source,
    row_keys: change.rowKeys,
    model_keys: change.modelKeys ?? null,
    kind: change.kind,
    before: change.before ?? null,
    after: change.after ?? null,
    position: change.position.toString(),
    committed_ms: change.committedAtMs ?? null,
    number: change.number ?? null,
  });
}
