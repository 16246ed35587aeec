import type { Knex } from 'knex';
import type { DifferenceKind } from '../kernel/verdict.ts';
import { groupIdOf } from './group-id.ts';
import type { StoredAnswer, StoredPair, StoredQuestion } from './stored-pair.ts';

/** A place where a pair differed when it was stored. */
export interface PairGroup {
  /** See `groupIdOf`. */
  readonly id: string;
  readonly path: string;
  readonly kind: DifferenceKind;
  readonly critical: boolean;
}

export interface KeptPair extends StoredPair {
  readonly feature: string;
  readonly route: string;
  /** Of the groups that it is a sample of. */
  readonly groups: readonly PairGroup[];
  readonly seenAt: Date;
}

export interface PairQuery {
  readonly feature?: string | undefined;
  readonly route?: string | undefined;
}

/** A pair as the store has it; see `readPair`. */
export interface PairRow {
  readonly feature: string;
  readonly route: string;
  readonly question: string;
  readonly legacy: string | null;
  readonly candidate: string | null;
  readonly seen_at: Date;
  readonly groups: readonly Omit<PairGroup, 'id'>[];
}

/** Reads stored pairs, of all steps and of all that the rules and the code have been. */
export class PairStore {
  readonly #store: Knex;

  constructor(store: Knex) {
    this.#store = store;
  }

  /** Newest first. None where the store was prepared by a fig that kept none. */
  async list({ feature, route }: PairQuery = {}): Promise<readonly KeptPair[]> {
    if (!(await this.#isThere())) return [];
    const { rows } = await this.#store.raw<{ rows: PairRow[] }>(
      `SELECT s.feature, s.route, p.question, p.legacy, p.candidate, p.seen_at,
         json_agg(json_build_object('path', g.path, 'kind', g.kind, 'critical', g.critical) ORDER BY g.id) AS groups
       FROM fig.stored_pair p JOIN fig.evidence_scope s ON s.id = p.scope_id
         JOIN fig.difference_sample d ON d.pair_id = p.id JOIN fig.difference_group g ON g.id = d.group_id
       WHERE (?::text IS NULL OR s.feature = ?) AND (?::text IS NULL OR s.route = ?)
       GROUP BY s.feature, s.route, p.id ORDER BY p.seen_at DESC, p.id DESC`,
      [feature ?? null, feature ?? null, route ?? null, route ?? null],
    );
    return rows.map(readPair);
  }

  /**
   * Pairs of one step of a feature that take so many bytes together at most, as they are stored: of each group the newest,
   * groups that spoil most first, then of each the second.
   */
  async samples(
    { feature, fingerprint, step }: { readonly feature: string; readonly fingerprint: string; readonly step: string },
    maxBytes: number,
  ): Promise<readonly PairRow[]> {
    if (!(await this.#isThere())) return [];
    const { rows } = await this.#store.raw<{ rows: PairRow[] }>(
      `WITH shown AS (
         SELECT p.id, g.spoiled, s.feature, s.route, json_build_object('path', g.path, 'kind', g.kind, 'critical', g.critical) AS shows,
           row_number() OVER (PARTITION BY g.id ORDER BY p.seen_at DESC, p.id DESC) AS nth
         FROM fig.evidence_scope s JOIN fig.difference_group g ON g.scope_id = s.id
           JOIN fig.difference_sample d ON d.group_id = g.id JOIN fig.stored_pair p ON p.id = d.pair_id
         WHERE s.feature = ? AND s.fingerprint = ? AND s.step = ?
       ), ranked AS (
         SELECT id, feature, route, json_agg(shows) AS groups, min(nth) AS nth, max(spoiled) AS spoiled
         FROM shown GROUP BY id, feature, route
       ), weighed AS (
         SELECT r.*, p.question, p.legacy, p.candidate, p.seen_at, sum(octet_length(p.question)
           + coalesce(octet_length(p.legacy), 0) + coalesce(octet_length(p.candidate), 0))
             OVER (ORDER BY r.nth, r.spoiled DESC, p.seen_at DESC, p.id DESC) AS running
         FROM ranked r JOIN fig.stored_pair p ON p.id = r.id
       )
       SELECT feature, route, question, legacy, candidate, seen_at, groups FROM weighed
       WHERE running <= ? ORDER BY running`,
      [feature, fingerprint, step, maxBytes],
    );
    return rows;
  }

  async #isThere(): Promise<boolean> {
    const { rows } = await this.#store.raw<{ rows: { it: boolean }[] }>(
      `SELECT to_regclass('fig.stored_pair') IS NOT NULL AS it`,
    );
    return rows[0]?.it === true;
  }
}

/** Rows that we have written ourselves are taken for what they claim to be. */
export function readPair({ feature, route, question, legacy, candidate, seen_at: seenAt, groups }: PairRow): KeptPair {
  return {
    feature,
    route,
    question: JSON.parse(question) as StoredQuestion,
    legacy: legacy === null ? undefined : (JSON.parse(legacy) as StoredAnswer),
    candidate: candidate === null ? undefined : (JSON.parse(candidate) as StoredAnswer),
    groups: groups.map((group) => ({ ...group, id: groupIdOf({ feature, route, ...group }) })),
    seenAt,
  };
}
