import type { Knex } from 'knex';
import type { Facts } from '../kernel/facts.ts';

/** Of one distinct comparison of a group. */
export interface MismatchFacts {
  readonly differs: Facts;
  readonly beside: Facts | undefined;
  /** What the sides have there: JSON text, shortened and redacted; undefined: nothing. */
  readonly legacy: string | undefined;
  readonly candidate: string | undefined;
}

export interface GroupAddress {
  readonly route: string;
  readonly path: string;
  readonly kind: string;
}

/** JSON text of facts: whoever needs them reads them, in a thread where that takes nobody's time. */
export type StoredFacts = string;

/** The same for `MismatchFacts`. */
export interface StoredMismatchFacts {
  readonly differs: StoredFacts;
  readonly beside: StoredFacts | null;
  readonly legacy: string | null;
  readonly candidate: string | null;
}

/** Reads the samples of facts of one feature under one fingerprint, in the order of their hashes. */
export class FactStore {
  readonly #store: Knex;

  constructor(store: Knex) {
    this.#store = store;
  }

  /** Of what matched in one step. */
  async matches(feature: string, fingerprint: string, step: string, route: string): Promise<readonly StoredFacts[]> {
    const { rows } = await this.#store.raw<{ rows: { facts: string }[] }>(
      `SELECT f.facts FROM fig.match_facts f JOIN fig.evidence_scope s ON s.id = f.scope_id
       WHERE s.feature = ? AND s.fingerprint = ? AND s.step = ? AND s.route = ? ORDER BY f.key`,
      [feature, fingerprint, step, route],
    );
    return rows.map(({ facts }) => facts);
  }

  /** Of what differed in one step. */
  async mismatches(
    feature: string,
    fingerprint: string,
    step: string,
    { route, path, kind }: GroupAddress,
  ): Promise<readonly StoredMismatchFacts[]> {
    const { rows } = await this.#store.raw<{ rows: StoredMismatchFacts[] }>(
      `SELECT f.differs, f.beside, f.legacy, f.candidate FROM fig.mismatch_facts f
       JOIN fig.difference_group g ON g.id = f.group_id JOIN fig.evidence_scope s ON s.id = g.scope_id
       WHERE s.feature = ? AND s.fingerprint = ? AND s.step = ? AND s.route = ? AND g.path = ? AND g.kind = ?
       ORDER BY f.key`,
      [feature, fingerprint, step, route, path, kind],
    );
    return rows;
  }
}

export function readFacts(text: StoredFacts): Facts {
  return JSON.parse(text) as Facts;
}

export function readMismatchFacts({ differs, beside, legacy, candidate }: StoredMismatchFacts): MismatchFacts {
  return {
    differs: readFacts(differs),
    beside: beside === null ? undefined : readFacts(beside),
    legacy: legacy ?? undefined,
    candidate: candidate ?? undefined,
  };
}
