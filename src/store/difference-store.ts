import type { Knex } from 'knex';
import type { DifferenceKind } from '../kernel/verdict.ts';
import { samplesPerGroup } from './difference-rows.ts';

/** Differences of one kind at one place of one route's answers. */
export interface DifferenceGroup {
  readonly route: string;
  readonly path: string;
  readonly kind: DifferenceKind;
  readonly critical: boolean;
  /** Answers that differed there, the same question as often as it was asked. */
  readonly count: number;
  /** Distinct comparisons that it spoils, of the step that is looked at. */
  readonly spoiled: number;
  /** Whether it was seen in that step. */
  readonly inStep: boolean;
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** At most five, newest first, redacted. */
  readonly samples: readonly DifferenceSample[];
}

export interface DifferenceSample {
  /** Method and target. */
  readonly question: string;
  readonly at: string;
  readonly legacy: string | undefined;
  readonly candidate: string | undefined;
  readonly seenAt: string;
}

interface GroupRow {
  readonly ids: readonly string[];
  readonly route: string;
  readonly path: string;
  readonly kind: DifferenceKind;
  readonly critical: boolean;
  readonly count: string;
  readonly spoiled: string;
  readonly in_step: boolean;
  readonly first_seen: Date;
  readonly last_seen: Date;
}

interface SampleRow {
  readonly group_id: string;
  readonly question: string;
  readonly place: string;
  readonly legacy: string | null;
  readonly candidate: string | null;
  readonly seen_at: Date;
}

interface GroupQuery {
  readonly feature: string;
  readonly fingerprint: string;
  /** Only what was seen in this step. */
  readonly only?: string | undefined;
  /** The step whose evidence they are ranked by; undefined: all. */
  readonly rankedIn?: string | undefined;
}

const MAX_GROUPS = 500;

/** Reads the differences that were found. They are written with the evidence of the same comparison. */
export class DifferenceStore {
  readonly #store: Knex;

  constructor(store: Knex) {
    this.#store = store;
  }

  /** Critical ones first, then those that spoil most evidence; of all steps, or of one. At most 500. */
  async listGroups(feature: string, fingerprint: string, step?: string): Promise<readonly DifferenceGroup[]> {
    return this.#withSamples(
      await this.#selectGroups({ feature, fingerprint, only: step, rankedIn: step }, MAX_GROUPS),
    );
  }

  /** Those of all steps, ranked by what they block in one. At most 500. */
  async rankGroups(feature: string, fingerprint: string, step: string): Promise<readonly DifferenceGroup[]> {
    return this.#withSamples(await this.#selectGroups({ feature, fingerprint, rankedIn: step }, MAX_GROUPS));
  }

  /** The group that blocks most: a critical one, else the one that spoils most evidence. */
  async topGroup(feature: string, fingerprint: string, step?: string): Promise<DifferenceGroup | undefined> {
    const found = await this.#selectGroups({ feature, fingerprint, only: step, rankedIn: step }, 1);
    return (await this.#withSamples(found))[0];
  }

  async #withSamples(groups: readonly GroupRow[]): Promise<readonly DifferenceGroup[]> {
    const samples = await this.#selectSamples(groups.flatMap(({ ids }) => ids));
    return groups.map((group) => ({
      ...toGroup(group),
      samples: samples
        .filter(({ group_id: id }) => group.ids.includes(id))
        .slice(0, samplesPerGroup)
        .map(toSample),
    }));
  }

  async #selectGroups(
    { feature, fingerprint, only, rankedIn }: GroupQuery,
    limit: number,
  ): Promise<readonly GroupRow[]> {
    const { rows } = await this.#store.raw<{ rows: GroupRow[] }>(
      `SELECT array_agg(g.id::text) AS ids, s.route, g.path, g.kind, bool_or(g.critical) AS critical,
         sum(g.count) AS count, coalesce(sum(g.spoiled) FILTER (WHERE ranks.it), 0) AS spoiled, bool_or(ranks.it) AS in_step,
         min(g.first_seen) AS first_seen, max(g.last_seen) AS last_seen
       FROM fig.difference_group g JOIN fig.evidence_scope s ON s.id = g.scope_id
         CROSS JOIN LATERAL (SELECT ?::text IS NULL OR s.step = ? AS it) ranks
       WHERE s.feature = ? AND s.fingerprint = ? AND (?::text IS NULL OR s.step = ?)
       GROUP BY s.route, g.path, g.kind
       ORDER BY bool_or(g.critical AND ranks.it) DESC, spoiled DESC, bool_or(g.critical) DESC, sum(g.count) DESC,
         s.route, g.path, g.kind LIMIT ?`,
      [rankedIn ?? null, rankedIn ?? null, feature, fingerprint, only ?? null, only ?? null, limit],
    );
    return rows;
  }

  async #selectSamples(groupIds: readonly string[]): Promise<readonly SampleRow[]> {
    const { rows } = await this.#store.raw<{ rows: SampleRow[] }>(
      `SELECT group_id::text AS group_id, question, place, legacy, candidate, seen_at FROM fig.difference_sample
       WHERE group_id = ANY (?::bigint[]) ORDER BY seen_at DESC, group_id, slot`,
      [[...groupIds]],
    );
    return rows;
  }
}

function toGroup(row: GroupRow): Omit<DifferenceGroup, 'samples'> {
  return {
    route: row.route,
    path: row.path,
    kind: row.kind,
    critical: row.critical,
    count: Number(row.count),
    spoiled: Number(row.spoiled),
    inStep: row.in_step,
    firstSeen: row.first_seen.toISOString(),
    lastSeen: row.last_seen.toISOString(),
  };
}

function toSample(row: SampleRow): DifferenceSample {
  return {
    question: row.question,
    at: row.place,
    legacy: row.legacy ?? undefined,
    candidate: row.candidate ?? undefined,
    seenAt: row.seen_at.toISOString(),
  };
}
