import type { Knex } from 'knex';

/** A feature under one fingerprint. */
export interface KeptEvidence {
  readonly feature: string;
  readonly fingerprint: string;
}

interface ScopeSize {
  readonly id: string;
  readonly bytes: number;
}

/** Rows, or groups with all they have, that one statement deletes. */
const CHUNK_ROWS = 5_000;
const CHUNK_GROUPS = 50;
const CHUNK_SCOPES = 100;
const CHUNK_PAIRS = 500;
/** Nobody writes evidence under a fingerprint like this: it marks a scope that is being deleted. */
const GONE = 'gone ';
/** Whoever wrote to a scope so shortly ago may be a fig with another config. */
const IN_USE = '1 hour';

/**
 * Deletes evidence, with its groups, samples and facts, in statements that each take little. A scope is first taken out of
 * sight as a whole: a fingerprint may come back, and must not find the half of its proof.
 */
export class EvidenceRetention {
  readonly #store: Knex;
  readonly #signal: AbortSignal | undefined;

  /** `signal`: ends it before its next statement; the calls then reject. */
  constructor(store: Knex, signal?: AbortSignal) {
    this.#store = store;
    this.#signal = signal;
  }

  /** Takes out of sight what was last written so many days ago, except for what is kept. Returns how many scopes that were. */
  async retireOlder(days: number, kept: readonly KeptEvidence[]): Promise<number> {
    let retired = 0;
    for (;;) {
      const count = await this.#bounded(
        `UPDATE fig.evidence_scope SET fingerprint = '${GONE}' || id WHERE id IN (
           SELECT s.id FROM fig.evidence_scope s
           WHERE s.last_seen < now() - make_interval(days => ?) AND ${isNotKept} LIMIT ${CHUNK_SCOPES} FOR UPDATE SKIP LOCKED)`,
        [days, ...keptBindings(kept)],
      );
      retired += count;
      if (count < CHUNK_SCOPES) return retired;
    }
  }

  /**
   * Takes out of sight what was written longest ago until all that is left takes no more than so many bytes, except for what is
   * kept or in use. Counts what rows take, not files, which keep their size. Resolves with the scopes retired, and the bytes left.
   */
  async retireBeyond(bytes: number, kept: readonly KeptEvidence[]): Promise<{ retired: number; left: number }> {
    const files = await this.#fileBytes();
    // Rows take less than their files, so this is the usual end.
    if (files <= bytes) return { retired: 0, left: files };
    const sizes = await this.#scopeSizes();
    let left = sizes.reduce((sum, size) => sum + size.bytes, 0);
    const spare = await this.#spareScopes(kept);
    let retired = 0;
    for (const id of spare) {
      if (left <= bytes) break;
      const size = sizes.find((each) => each.id === id);
      if (!size) continue;
      const count = await this.#bounded(`UPDATE fig.evidence_scope SET fingerprint = '${GONE}' || id WHERE id = ?`, [
        id,
      ]);
      retired += count;
      left -= size.bytes;
    }
    return { retired, left };
  }

  /** Deletes what is out of sight. Returns how many scopes that were. */
  async purge(): Promise<number> {
    const { rows } = await this.#store.raw<{ rows: { id: string }[] }>(
      `SELECT id::text FROM fig.evidence_scope WHERE fingerprint LIKE '${GONE}%' ORDER BY id`,
    );
    for (const { id } of rows) {
      await this.#deleteAll('evidence_distinct', 'scope_id', id, CHUNK_ROWS);
      await this.#deleteAll('difference_group', 'scope_id', id, CHUNK_GROUPS);
      // What else there is of a scope is bounded: kinds of request, verdicts, latencies, facts of matches.
      await this.#bounded('DELETE FROM fig.evidence_scope WHERE id = ?', [id]);
    }
    return rows.length;
  }

  /**
   * Leaves at most so many groups of each feature and fingerprint that is kept: critical ones, those that spoil most evidence, those
   * seen last. What the gate counts is untouched. Returns how many were deleted.
   */
  async trimGroups(most: number, kept: readonly KeptEvidence[]): Promise<number> {
    let deleted = 0;
    for (const { feature, fingerprint } of kept) {
      for (;;) {
        const count = await this.#bounded(
          `DELETE FROM fig.difference_group WHERE id IN (
             SELECT id FROM (
               SELECT g.id, row_number() OVER (ORDER BY g.critical DESC, g.spoiled DESC, g.last_seen DESC, g.id) AS rank
               FROM fig.difference_group g JOIN fig.evidence_scope s ON s.id = g.scope_id
               WHERE s.feature = ? AND s.fingerprint = ?
             ) ranked WHERE rank > ? LIMIT ${CHUNK_GROUPS})`,
          [feature, fingerprint, most],
        );
        deleted += count;
        if (count < CHUNK_GROUPS) break;
      }
    }
    return deleted;
  }

  /** Deletes the stored pairs of features for which none are to be stored; their groups and samples stay. Returns how many. */
  async dropPairs(features: readonly string[]): Promise<number> {
    if (features.length === 0) return 0;
    let deleted = 0;
    for (;;) {
      const count = await this.#bounded(
        `DELETE FROM fig.stored_pair WHERE id IN (
           SELECT p.id FROM fig.stored_pair p JOIN fig.evidence_scope s ON s.id = p.scope_id
           WHERE s.feature = ANY (?::text[]) LIMIT ${CHUNK_PAIRS})`,
        [[...features]],
      );
      deleted += count;
      if (count < CHUNK_PAIRS) return deleted;
    }
  }

  /** What is there now. `bytes`: of files with their indexes, which do not become smaller by what is deleted. */
  async kept(): Promise<{ readonly bytes: number; readonly pairs: number }> {
    const { rows } = await this.#store.raw<{ rows: { pairs: string }[] }>(
      'SELECT count(*) AS pairs FROM fig.stored_pair',
    );
    return { bytes: await this.#fileBytes(), pairs: Number(rows[0]?.pairs ?? 0) };
  }

  async #deleteAll(table: string, column: string, id: string, chunk: number): Promise<void> {
    for (;;) {
      const count = await this.#bounded(
        `DELETE FROM fig.${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM fig.${table} WHERE ${column} = ? LIMIT ${chunk}))`,
        [id],
      );
      if (count < chunk) return;
    }
  }

  async #fileBytes(): Promise<number> {
    const { rows } = await this.#store.raw<{ rows: { bytes: string | null }[] }>(
      `SELECT sum(pg_total_relation_size(c.oid)) AS bytes FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = 'fig' AND c.relkind = 'r' AND (c.relname LIKE 'evidence_%' OR c.relname LIKE 'difference_%'
         OR c.relname LIKE '%match_facts' OR c.relname = 'stored_pair')`,
    );
    return Number(rows[0]?.bytes ?? 0);
  }

  /** Texts as they are stored, and what a row and its entries in indexes take on top. */
  async #scopeSizes(): Promise<readonly ScopeSize[]> {
    const { rows } = await this.#store.raw<{ rows: { id: string; bytes: string }[] }>(
      `SELECT s.id::text, (
         SELECT count(*) * 140 FROM fig.evidence_distinct d WHERE d.scope_id = s.id
       ) + (
         SELECT coalesce(sum(pg_column_size(m.facts) + 120), 0) FROM fig.match_facts m WHERE m.scope_id = s.id
       ) + (
         SELECT coalesce(sum(200
           + (SELECT coalesce(sum(pg_column_size(f.differs) + coalesce(pg_column_size(f.beside), 0) + 400), 0)
              FROM fig.mismatch_facts f WHERE f.group_id = g.id)
           + (SELECT count(*) * 800 FROM fig.difference_sample x WHERE x.group_id = g.id)), 0)
         FROM fig.difference_group g WHERE g.scope_id = s.id
       ) + (
         SELECT coalesce(sum(pg_column_size(p.question) + coalesce(pg_column_size(p.legacy), 0)
           + coalesce(pg_column_size(p.candidate), 0) + 120), 0) FROM fig.stored_pair p WHERE p.scope_id = s.id
       ) + 2000 AS bytes
       FROM fig.evidence_scope s WHERE s.fingerprint NOT LIKE '${GONE}%'`,
    );
    return rows.map(({ id, bytes }) => ({ id, bytes: Number(bytes) }));
  }

  /** Oldest first. */
  async #spareScopes(kept: readonly KeptEvidence[]): Promise<readonly string[]> {
    const { rows } = await this.#store.raw<{ rows: { id: string }[] }>(
      `SELECT s.id::text FROM fig.evidence_scope s
       WHERE s.last_seen < now() - interval '${IN_USE}' AND ${isNotKept} ORDER BY s.last_seen, s.id`,
      keptBindings(kept),
    );
    return rows.map(({ id }) => id);
  }

  /** Rows that a statement changed. It waits for nobody long: whoever writes evidence goes first. */
  async #bounded(sql: string, bindings: readonly (string | number | string[])[]): Promise<number> {
    this.#signal?.throwIfAborted();
    return this.#store.transaction(async (tx) => {
      await tx.raw(`SET LOCAL statement_timeout = '10s'`);
      await tx.raw(`SET LOCAL lock_timeout = '2s'`);
      const { rowCount } = await tx.raw<{ rowCount: number | null }>(sql, [...bindings]);
      return rowCount ?? 0;
    });
  }
}

const isNotKept = `s.fingerprint NOT LIKE '${GONE}%' AND NOT EXISTS (
  SELECT FROM unnest(?::text[], ?::text[]) AS k (feature, fingerprint)
  WHERE k.feature = s.feature AND k.fingerprint = s.fingerprint)`;

function keptBindings(kept: readonly KeptEvidence[]): string[][] {
  return [kept.map(({ feature }) => feature), kept.map(({ fingerprint }) => fingerprint)];
}
