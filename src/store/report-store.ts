import type { Knex } from 'knex';
import type { Side } from '../kernel/exchange.ts';
import type { Verdict } from '../kernel/verdict.ts';

/** What users asked of a route: kinds of request are combinations of status class and parameters. */
export interface RouteCoverage {
  readonly route: string;
  readonly kinds: number;
  /** Of these, how many have a comparison that proves something. */
  readonly comparedKinds: number;
  /** Requests that could have been compared. */
  readonly asked: number;
}

export interface RouteLatency {
  readonly route: string;
  readonly side: Side;
  /** Answers by bucket, see latency-buckets.ts. */
  readonly counts: ReadonlyMap<number, number>;
}

/** What a report tells of one step's evidence beyond what its gate asks for. */
export class ReportStore {
  readonly #store: Knex;

  constructor(store: Knex) {
    this.#store = store;
  }

  /** Every comparison, the same question as often as it was asked. */
  async observed(feature: string, fingerprint: string, step: string): Promise<ReadonlyMap<Verdict, number>> {
    const { rows } = await this.#store.raw<{ rows: { verdict: Verdict; count: string }[] }>(
      `SELECT v.verdict, sum(v.count) AS count FROM fig.evidence_verdict v JOIN fig.evidence_scope s ON s.id = v.scope_id
       WHERE s.feature = ? AND s.fingerprint = ? AND s.step = ? GROUP BY v.verdict`,
      [feature, fingerprint, step],
    );
    return new Map(rows.map(({ verdict, count }) => [verdict, Number(count)]));
  }

  async coverage(feature: string, fingerprint: string, step: string): Promise<readonly RouteCoverage[]> {
    const { rows } = await this.#store.raw<{
      rows: { route: string; kinds: string; compared: string; asked: string }[];
    }>(
      `SELECT s.route, count(*) AS kinds, count(*) FILTER (WHERE h.compared > 0) AS compared, sum(h.seen) AS asked
       FROM fig.evidence_shape h JOIN fig.evidence_scope s ON s.id = h.scope_id
       WHERE s.feature = ? AND s.fingerprint = ? AND s.step = ? GROUP BY s.route ORDER BY s.route`,
      [feature, fingerprint, step],
    );
    return rows.map(({ route, kinds, compared, asked }) => ({
      route,
      kinds: Number(kinds),
      comparedKinds: Number(compared),
      asked: Number(asked),
    }));
  }

  async latencies(feature: string, fingerprint: string, step: string): Promise<readonly RouteLatency[]> {
    const { rows } = await this.#store.raw<{ rows: { route: string; side: Side; bucket: number; count: string }[] }>(
      `SELECT s.route, l.side, l.bucket, l.count FROM fig.evidence_latency l JOIN fig.evidence_scope s ON s.id = l.scope_id
       WHERE s.feature = ? AND s.fingerprint = ? AND s.step = ? ORDER BY s.route, l.side, l.bucket`,
      [feature, fingerprint, step],
    );
    const found = new Map<string, { route: string; side: Side; counts: Map<number, number> }>();
    for (const { route, side, bucket, count } of rows) {
      const name = `${side} ${route}`;
      const latency = found.get(name) ?? { route, side, counts: new Map<number, number>() };
      found.set(name, latency);
      latency.counts.set(bucket, Number(count));
    }
    return [...found.values()];
  }
}
