import type {
  FeatureReport,
  ReportGroup,
  ReportRule,
  ReportSample,
  RouteReport,
} from '../../src/app/reports/feature-report.ts';
import type { LegacyVaries } from '../../src/app/reports/legacy-varies.ts';
import { groupIdOf } from '../../src/store/group-id.ts';
import type { LatencySummary } from '../../src/store/latency-summary.ts';
import { latencyBucketOf } from '../../src/store/latency-buckets.ts';
import { summarizeLatency } from '../../src/store/latency-summary.ts';

const routes = ['GET /api/orders', 'GET /api/orders/:id', 'GET /api/customers/:id/orders'] as const;
const none = { match: 0, mismatch: 0, stale: 0, raced: 0, undetermined: 0, error: 0, skipped: 0 };
const comparisons = { ...none, match: 3_304, mismatch: 87, stale: 41, raced: 12, undetermined: 3, skipped: 18 };
const conclusive = comparisons.match + comparisons.mismatch;
const seenAt = '2026-01-01T10:20:00.000Z';

/** Of a feature that nobody has asked for yet. */
export function emptyReport(feature: string): FeatureReport {
  return {
    feature,
    reads: 'shadow',
    fingerprint: '12ab77c09f3e4d51',
    at: '2026-01-01T10:21:00.000Z',
    comparisons: none,
    observed: none,
    critical: 0,
    matchRate: undefined,
    bound: { rate: 1, confidence: 0.95, limit: 0.001, sentence: 'nothing is proven yet (limit 0.1 %)' },
    routes: [],
    groups: [],
    gate: {
      result: 'INCONCLUSIVE',
      reason: '0 of 3,556 clean comparisons so far: 3,556 more needed',
      progress: 0,
      remaining: 3_556,
      blockers: ['0 of 3,556 clean comparisons so far: 3,556 more needed'],
    },
    uncovered: [],
    latency: { legacy: summarizeLatency(new Map()), candidate: summarizeLatency(new Map()) },
    reasons: [],
    rules: [],
  };
}

/** Of a shop in shadow, with a critical group, one that spoils most, and one that was seen in an earlier step only. */
export function sampleReport(): FeatureReport {
  const reason =
    '87 of 3,391 answers differ (2.57 %), far above the limit of 0.1 %; most of them at $.total of GET /api/orders/:id.';
  return {
    ...emptyReport('orders'),
    fingerprint: '8c1f0e5b9a7d2c34',
    comparisons,
    observed: { ...comparisons, match: 18_204, mismatch: 310, undetermined: 40 },
    critical: 3,
    matchRate: comparisons.match / conclusive,
    bound: {
      rate: 0.0512,
      confidence: 0.95,
      limit: 0.001,
      sentence: 'fewer than 5.12 % differ, with 95 % confidence (limit 0.1 %)',
    },
    routes: [
      sampleRoute(routes[0], { match: 1_240, mismatch: 31, stale: 30 }, { kinds: 4, comparedKinds: 4 }),
      sampleRoute(routes[1], { match: 2_064, mismatch: 56, raced: 12 }, { kinds: 2, comparedKinds: 2 }),
      sampleRoute(routes[2], {}, { kinds: 1, comparedKinds: 0 }),
    ],
    groups: [
      sampleGroup({
        path: '$.orders[*].note',
        kind: 'missing',
        critical: true,
        count: 3,
        spoiled: 3,
        samples: [sample('GET /api/orders?status=cancelled', '"<b>refunded</b> by phone"', undefined)],
      }),
      sampleGroup({
        route: routes[1],
        path: '$.total',
        count: 56,
        spoiled: 56,
        samples: [sample('GET /api/orders/4711', '129.90', '149.90'), sample('GET /api/orders/318', '0.00', '42.50')],
        ...sampleFinding(),
      }),
      sampleGroup({
        path: '$.orders[*].total',
        count: 28,
        spoiled: 28,
        samples: [sample('GET /api/orders?page=2', '129.90', '149.90')],
      }),
      sampleGroup({
        path: '$.orders[*].customer',
        count: 9,
        inStep: false,
        samples: [
          sample(
            'GET /api/orders?page=3',
            '{"id":9007199254740993,"name":"Ada","tags":["a","b"]}',
            '{"id":9007199254740993,"name":"Ada L.","tags":["b"],"vip":true}',
          ),
        ],
      }),
    ],
    gate: {
      result: 'FAIL',
      reason,
      progress: 0.04,
      remaining: undefined,
      blockers: [reason, 'GET /api/customers/:id/orders (4xx) has no comparison yet'],
    },
    uncovered: [{ route: routes[2], shape: '4xx', seen: 12 }],
    latency: { legacy: sampleLatency(22), candidate: sampleLatency(4) },
    reasons: [
      { route: routes[0], verdict: 'skipped', reason: 'conditional', count: 18 },
      { route: routes[1], verdict: 'undetermined', reason: 'position-unknown', count: 3 },
    ],
    rules: [
      { rule: 'critical', where: '$.orders[*].note', detail: 'any difference fails the gate' },
      { rule: 'ignore', where: '$.generatedAt', detail: 'not compared' },
      { rule: 'keyed', where: '$.orders', detail: 'elements paired by id' },
      { rule: 'header', where: 'content-type', detail: 'compared' },
    ],
  };
}

/** Legacy writes its clock into every answer. */
export const sampleVaries: LegacyVaries = {
  route: routes[0],
  path: '$.generatedAt',
  kind: 'time',
  varied: 40,
  witnessed: 0,
  asked: 41,
  first: '"12:00:00"',
  second: undefined,
  lastSeen: seenAt,
  proposal: `tolerance: { "$.generatedAt": { time: '5s' } }`,
};

/** One that has hidden more than it may. */
export const sampleRule: ReportRule = {
  rule: 'ignore',
  where: '$.etag',
  detail: 'not compared',
  route: 'GET /api/orders',
  hidden: { answers: 120, compared: 400, share: 0.3, unknown: 0, lastSeen: seenAt },
  maxHidden: 0.05,
  because: 'it is random',
  expires: '2026-12-31',
  isExpired: false,
};

/** A value that differs in the list of orders, unless told otherwise. */
export function sampleGroup(more: Partial<ReportGroup> = {}): ReportGroup {
  const { spoiled = 0, route = routes[0], path = '$.total', kind = 'value' } = more;
  return {
    id: groupIdOf({ feature: 'orders', route, path, kind }),
    route,
    path,
    kind,
    critical: false,
    count: 1,
    spoiled,
    share: spoiled / conclusive,
    inStep: true,
    firstSeen: '2026-01-01T10:00:00.000Z',
    lastSeen: seenAt,
    samples: [],
    ...more,
  };
}

/** What was found out about a group, with texts that look like markup. */
export function sampleFinding(): Pick<ReportGroup, 'correlation' | 'cause' | 'proposal'> {
  return {
    correlation: {
      conditions: ['$.currency = JPY'],
      others: [],
      unit: 'answer',
      mismatches: { held: 56, of: 56 },
      matches: { held: 0, of: 300 },
      sentence: '$.currency = JPY: all 56 answers that differ, 0 of 300 that match',
    },
    cause: { name: 'rounding', sentence: 'the candidate rounds to <b>2</b> digits', explained: 55, of: 56 },
    proposal: {
      rule: "tolerance: { '$.total': 0.005 }",
      hides: 55,
      of: 56,
      preview: 'would hide 55 of 56 answers',
      warning: 'A rule hides what differs.',
    },
  };
}

export function sample(question: string, legacy: string | undefined, candidate: string | undefined): ReportSample {
  return { question, at: '$.orders[3].total', legacy, candidate, seenAt };
}

function sampleRoute(
  route: string,
  counts: Partial<FeatureReport['comparisons']>,
  coverage: Pick<RouteReport, 'kinds' | 'comparedKinds'>,
): RouteReport {
  const p95 = coverage.comparedKinds === 0 ? undefined : 84.2;
  const candidateP95Ms = p95 && 6.1;
  return {
    route,
    comparisons: { ...none, ...counts },
    asked: 12,
    ...coverage,
    legacyP95Ms: p95,
    candidateP95Ms,
  };
}

/** Answers around a time in milliseconds, with a tail. */
function sampleLatency(middleMs: number): LatencySummary {
  const counts = new Map<number, number>();
  const middle = latencyBucketOf(middleMs);
  for (let bucket = middle - 12; bucket <= middle + 24; bucket += 1) {
    const distance = (bucket - middle) / (bucket < middle ? 4 : 8);
    const count = Math.round(200 * Math.exp(-distance * distance));
    if (count > 0) counts.set(bucket, count);
  }
  return summarizeLatency(counts);
}
