import type { Knex } from 'knex';
import type { EvidenceSummary } from '../kernel/evidence.ts';
import { verdicts, type Verdict } from '../kernel/verdict.ts';
import { writeDifferences } from './difference-rows.ts';
import { keyName, tallyBatch, type ScopeTally } from './evidence-batch.ts';
import type { EvidenceItem, EvidenceScope } from './evidence-item.ts';
import { writeFacts } from './fact-rows.ts';
import { latencyPercentile } from './latency-buckets.ts';
import { writeHidden } from './rule-hit-store.ts';

export interface RouteCounts {
  readonly route: string;
  readonly comparisons: Readonly<Record<Verdict, number>>;
}

/** Why verdicts that prove nothing were given, most frequent first. */
export interface ReasonCount {
  readonly route: string;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly count: number;
}

/** What comparisons have shown, per feature, fingerprint and step. */
export class EvidenceStore {
  readonly #store: Knex;

  constructor(store: Knex) {
    this.#store = store;
  }

  /**
   * Writes a batch in one transaction, without what is left of an earlier stay: it would be held against a candidate that has
   * been mended since. Rejects when the store does; nothing of the batch is then written.
   */
  async append(items: readonly EvidenceItem[], random: () => number = Math.random): Promise<void> {
    if (items.length === 0) return;
    await this.#store.transaction(async (tx) => {
      await tx.raw(`SET LOCAL statement_timeout = '10s'`);
      for (const tally of tallyBatch(await withoutEarlierStays(tx, items))) {
        const scopeId = await upsertScope(tx, tally.scope);
        const fresh = await writeDistinct(tx, scopeId, tally);
        await writeVerdicts(tx, scopeId, tally);
        await writeShapes(tx, scopeId, tally);
        await writeLatencies(tx, scopeId, tally);
        await writeHidden(tx, scopeId, tally.hidden);
        await writeDifferences(tx, scopeId, { groups: [...tally.differences.values()], fresh }, random);
        await writeFacts(tx, scopeId, tally.facts);
      }
    });
  }

  /** Zeros when there is none yet. */
  async summarize(feature: string, fingerprint: string, step: string): Promise<EvidenceSummary> {
    const routes = await this.routeCounts(feature, fingerprint, step);
    const total = (verdict: Verdict): number => routes.reduce((sum, { comparisons }) => sum + comparisons[verdict], 0);
    const where = [feature, fingerprint, step];
    return {
      feature,
      fingerprint,
      step,
      verdicts: perVerdict(total),
      critical: await this.#countDistinct('d.critical', where),
      refusals: await this.#countDistinct(`d.refusal AND d.outcome = 'match'`, where),
      uncovered: await this.#listUncovered(where),
      neverAgreed: await this.#listNeverAgreed(where),
      routes: routes.flatMap(({ route, comparisons: { match: matches, mismatch, error } }) =>
        matches + mismatch + error === 0 ? [] : { route, matches, mismatches: mismatch + error },
      ),
      legacyP95Ms: await this.#p95(where, 'legacy'),
      candidateP95Ms: await this.#p95(where, 'candidate'),
    };
  }

  /** Counts per route, by name of the route: of match, mismatch and error distinct ones, of the others all. */
  async routeCounts(feature: string, fingerprint: string, step: string): Promise<readonly RouteCounts[]> {
    const { rows } = await this.#store.raw<{ rows: { route: string; verdict: Verdict | null; count: string }[] }>(
      `SELECT s.route, c.verdict, c.count FROM fig.evidence_scope s LEFT JOIN LATERAL (
         SELECT d.outcome AS verdict, count(*) AS count FROM fig.evidence_distinct d
           WHERE d.scope_id = s.id GROUP BY d.outcome
         UNION ALL
         SELECT v.verdict, sum(v.count) AS count FROM fig.evidence_verdict v
           WHERE v.scope_id = s.id AND v.verdict NOT IN ('match', 'mismatch', 'error') GROUP BY v.verdict
       ) c ON true
       WHERE s.feature = ? AND s.fingerprint = ? AND s.step = ? ORDER BY s.route`,
      [feature, fingerprint, step],
    );
    const routes = new Map<string, Map<Verdict, number>>();
    for (const { route, verdict, count } of rows) {
      const counts = routes.get(route) ?? new Map<Verdict, number>();
      routes.set(route, counts);
      if (verdict) counts.set(verdict, Number(count));
    }
    return [...routes].map(([route, counts]) => ({
      route,
      comparisons: perVerdict((verdict) => counts.get(verdict) ?? 0),
    }));
  }

  async reasons(feature: string, fingerprint: string, step: string): Promise<readonly ReasonCount[]> {
    const { rows } = await this.#store.raw<{ rows: (Omit<ReasonCount, 'count'> & { count: string })[] }>(
      `SELECT s.route, v.verdict, v.reason, v.count FROM fig.evidence_verdict v
       JOIN fig.evidence_scope s ON s.id = v.scope_id
       WHERE s.feature = ? AND s.fingerprint = ? AND s.step = ? AND v.reason <> ''
       ORDER BY v.count DESC, s.route, v.verdict, v.reason`,
      [feature, fingerprint, step],
    );
    return rows.map((row) => ({ ...row, count: Number(row.count) }));
  }

  /** Deletes all evidence and all differences of a step, of every fingerprint. */
  async forget(feature: string, step: string): Promise<void> {
    await this.#store.transaction(async (tx) => {
      // Locked in the order in which batches lock them.
      await tx.raw(
        `SELECT id FROM fig.evidence_scope WHERE feature = ? AND step = ?
         ORDER BY fingerprint COLLATE "C", route COLLATE "C" FOR UPDATE`,
        [feature, step],
      );
      await tx('fig.evidence_scope').where({ feature, step }).delete();
    });
  }

  async #countDistinct(condition: string, where: readonly string[]): Promise<number> {
    const { rows } = await this.#store.raw<{ rows: { count: string }[] }>(
      `SELECT count(*) AS count FROM fig.evidence_distinct d JOIN fig.evidence_scope s ON s.id = d.scope_id
       WHERE s.feature = ? AND s.fingerprint = ? AND s.step = ? AND ${condition}`,
      [...where],
    );
    return Number(rows[0]?.count ?? 0);
  }

  async #listUncovered(where: readonly string[]): Promise<EvidenceSummary['uncovered']> {
    const { rows } = await this.#store.raw<{ rows: { route: string; shape: string; seen: string }[] }>(
      `SELECT s.route, h.shape, h.seen FROM fig.evidence_shape h JOIN fig.evidence_scope s ON s.id = h.scope_id
       WHERE s.feature = ? AND s.fingerprint = ? AND s.step = ? AND h.compared = 0
       ORDER BY h.seen DESC, s.route, h.shape`,
      [...where],
    );
    return rows.map(({ route, shape, seen }) => ({ route, shape, seen: Number(seen) }));
  }

  async #listNeverAgreed(where: readonly string[]): Promise<NonNullable<EvidenceSummary['neverAgreed']>> {
    const { rows } = await this.#store.raw<{ rows: { route: string; shape: string; compared: string }[] }>(
      `SELECT s.route, h.shape, h.compared FROM fig.evidence_shape h JOIN fig.evidence_scope s ON s.id = h.scope_id
       WHERE s.feature = ? AND s.fingerprint = ? AND s.step = ? AND h.compared > 0 AND h.matched = 0
       ORDER BY h.compared DESC, s.route, h.shape LIMIT 100`,
      [...where],
    );
    return rows.map(({ route, shape, compared }) => ({ route, shape, compared: Number(compared) }));
  }

  async #p95(where: readonly string[], side: 'legacy' | 'candidate'): Promise<number | undefined> {
    const { rows } = await this.#store.raw<{ rows: { bucket: number; count: string }[] }>(
      `SELECT l.bucket, sum(l.count) AS count FROM fig.evidence_latency l JOIN fig.evidence_scope s ON s.id = l.scope_id
       WHERE s.feature = ? AND s.fingerprint = ? AND s.step = ? AND l.side = ? GROUP BY l.bucket`,
      [...where, side],
    );
    return latencyPercentile(new Map(rows.map(({ bucket, count }) => [bucket, Number(count)])), 0.95);
  }
}

function perVerdict(count: (verdict: Verdict) => number): Record<Verdict, number> {
  const [match, mismatch, stale, raced, undetermined, error, skipped] = verdicts;
  return {
    match: count(match),
    mismatch: count(mismatch),
    stale: count(stale),
    raced: count(raced),
    undetermined: count(undetermined),
    error: count(error),
    skipped: count(skipped),
  };
}

/** Updates a row that is there, so that it is locked and cannot be forgotten before this transaction ends. */
async function withoutEarlierStays(tx: Knex.Transaction, items: readonly EvidenceItem[]): Promise<EvidenceItem[]> {
  const features = [...new Set(items.map(({ feature }) => feature))];
  const { rows } = await tx.raw<{ rows: { feature: string; revision: string }[] }>(
    'SELECT feature, revision FROM fig.feature_phase WHERE feature = ANY(?)',
    [features],
  );
  const stays = new Map(rows.map(({ feature, revision }) => [feature, Number(revision)]));
  return items.filter(({ feature, stay }) => stay === undefined || stay === (stays.get(feature) ?? stay));
}

async function upsertScope(
  tx: Knex.Transaction,
  { feature, fingerprint, step, route }: EvidenceScope,
): Promise<string> {
  const { rows } = await tx.raw<{ rows: { id: string }[] }>(
    `INSERT INTO fig.evidence_scope (feature, fingerprint, step, route) VALUES (?, ?, ?, ?)
     ON CONFLICT (feature, fingerprint, step, route) DO UPDATE SET last_seen = clock_timestamp() RETURNING id`,
    [feature, fingerprint, step, route],
  );
  return rows[0]!.id;
}

/** The keys that were not there before. */
async function writeDistinct(
  tx: Knex.Transaction,
  scopeId: string,
  { distinct }: ScopeTally,
): Promise<ReadonlySet<string>> {
  if (distinct.size === 0) return new Set();
  const rows = [...distinct.values()];
  const written = await tx.raw<{ rows: { key: Buffer; is_fresh: boolean }[] }>(
    `INSERT INTO fig.evidence_distinct AS d (scope_id, key, outcome, critical, refusal)
     SELECT ?, t.* FROM unnest(?::bytea[], ?::text[], ?::boolean[], ?::boolean[]) AS t (key, outcome, critical, refusal)
     ON CONFLICT (scope_id, key) DO UPDATE SET critical = true WHERE excluded.critical AND NOT d.critical
     RETURNING key, xmax = 0 AS is_fresh`,
    [
      scopeId,
      rows.map(({ key }) => Buffer.from(key)),
      rows.map(({ outcome }) => outcome),
      rows.map(({ critical }) => critical),
      rows.map(({ isRefusal }) => isRefusal),
    ],
  );
  // A row that was there has been locked by this transaction, which PostgreSQL notes in xmax.
  return new Set(written.rows.filter((row) => row.is_fresh).map(({ key }) => keyName(key)));
}

async function writeVerdicts(tx: Knex.Transaction, scopeId: string, tally: ScopeTally): Promise<void> {
  const rows = [...tally.verdicts.values()];
  await tx.raw(
    `INSERT INTO fig.evidence_verdict AS v (scope_id, verdict, reason, count)
     SELECT ?, t.verdict, t.reason, t.count FROM unnest(?::text[], ?::text[], ?::bigint[]) AS t (verdict, reason, count)
     ON CONFLICT (scope_id, verdict, reason) DO UPDATE SET count = v.count + excluded.count`,
    [scopeId, rows.map(({ verdict }) => verdict), rows.map(({ reason }) => reason), rows.map(({ count }) => count)],
  );
}

async function writeShapes(tx: Knex.Transaction, scopeId: string, { shapes }: ScopeTally): Promise<void> {
  if (shapes.size === 0) return;
  const rows = [...shapes.values()];
  await tx.raw(
    `INSERT INTO fig.evidence_shape AS h (scope_id, shape, seen, compared, matched)
     SELECT ?, t.* FROM unnest(?::text[], ?::bigint[], ?::bigint[], ?::bigint[]) AS t (shape, seen, compared, matched)
     ON CONFLICT (scope_id, shape) DO UPDATE SET seen = h.seen + excluded.seen, compared = h.compared + excluded.compared,
       matched = h.matched + excluded.matched`,
    [
      scopeId,
      rows.map(({ shape }) => shape),
      rows.map(({ seen }) => seen),
      rows.map(({ compared }) => compared),
      rows.map(({ matched }) => matched),
    ],
  );
}

async function writeLatencies(tx: Knex.Transaction, scopeId: string, { latencies }: ScopeTally): Promise<void> {
  if (latencies.size === 0) return;
  const rows = [...latencies.values()];
  await tx.raw(
    `INSERT INTO fig.evidence_latency AS l (scope_id, side, bucket, count)
     SELECT ?, t.side, t.bucket, t.count FROM unnest(?::text[], ?::integer[], ?::bigint[]) AS t (side, bucket, count)
     ON CONFLICT (scope_id, side, bucket) DO UPDATE SET count = l.count + excluded.count`,
    [scopeId, rows.map(({ side }) => side), rows.map(({ bucket }) => bucket), rows.map(({ count }) => count)],
  );
}
