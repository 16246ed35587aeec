import type { Knex } from 'knex';

/** One opening of a feature's breaker in one proxy. */
export interface StoredOpening {
  readonly feature: string;
  /** Milliseconds since the epoch, by the proxy's clock. */
  readonly at: number;
  /** Tells proxies apart: host and process. */
  readonly proxy: string;
  readonly cause: string;
  readonly failures: number;
  readonly total: number;
}

/** What the breakers of a feature did since a moment. */
export interface BreakerSummary {
  /** Of the proxy that saw most: one bad second seen by ten proxies is one bad second. */
  readonly openings: number;
  /** Seconds since the last one of any proxy; undefined without any. */
  readonly secondsSinceLast: number | undefined;
}

/** The last so many openings of a feature are kept; older ones are of no stay that still lasts. */
const KEPT = 1_000;

export async function recordOpening(store: Knex, opening: StoredOpening): Promise<void> {
  const { at, ...rest } = opening;
  // The database's clock, which also says when a step was entered; what is late by an outage keeps its distance.
  const ageSeconds = Math.max(0, (Date.now() - at) / 1_000);
  await store('fig.breaker_opening').insert({
    ...rest,
    at: store.raw('clock_timestamp() - make_interval(secs => ?)', [ageSeconds]),
  });
  await store.raw(
    `DELETE FROM fig.breaker_opening WHERE feature = :feature AND id <= (
       SELECT id FROM fig.breaker_opening WHERE feature = :feature ORDER BY id DESC OFFSET :kept LIMIT 1)`,
    { feature: opening.feature, kept: KEPT },
  );
}

/** Of the openings since then. */
export async function summarizeOpenings(store: Knex, feature: string, since: Date): Promise<BreakerSummary> {
  const { rows } = await store.raw<{ rows: { openings: number; seconds: number | null }[] }>(
    `SELECT coalesce(max(count), 0)::int AS openings,
            extract(epoch FROM clock_timestamp() - max(last))::float8 AS seconds
     FROM (SELECT count(*), max(at) AS last FROM fig.breaker_opening WHERE feature = ? AND at >= ? GROUP BY proxy) p`,
    [feature, since],
  );
  const [row] = rows;
  const seconds = row?.seconds ?? undefined;
  return { openings: row?.openings ?? 0, secondsSinceLast: seconds === undefined ? undefined : Math.max(0, seconds) };
}
