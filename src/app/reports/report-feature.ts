import type { Knex } from 'knex';
import type { FeatureVersion } from '../../config/feature-versions.ts';
import { provingCounts } from '../../cutover/decide-gate.ts';
import type { GateReading } from '../../cutover/ports.ts';
import { mismatchBound } from '../../cutover/sequential-gate.ts';
import type { Side } from '../../kernel/exchange.ts';
import { describeReads } from '../../kernel/phase.ts';
import { DifferenceStore, type DifferenceGroup } from '../../store/difference-store.ts';
import { EvidenceStore, type RouteCounts } from '../../store/evidence-store.ts';
import { groupIdOf } from '../../store/group-id.ts';
import { LegacyVariationStore } from '../../store/legacy-variation-store.ts';
import { latencyPercentile } from '../../store/latency-buckets.ts';
import { summarizeLatency } from '../../store/latency-summary.ts';
import { ReportStore, type RouteCoverage, type RouteLatency } from '../../store/report-store.ts';
import { readHidden } from '../../store/rule-hit-store.ts';
import { lookedAt } from './describe-sample.ts';
import { quarantineReports } from '../quarantine-desk.ts';
import { describeBound } from './describe-bound.ts';
import { GroupFindings } from './group-findings.ts';
import { legacyVaries } from './legacy-varies.ts';
import { reportRules } from './report-rules.ts';
import { ruleFigures } from './rule-figures.ts';
import type { FeatureReport, ReportGroup, RouteReport, VerdictCounts } from './feature-report.ts';

export const nothingCompared: VerdictCounts = {
  match: 0,
  mismatch: 0,
  stale: 0,
  raced: 0,
  undetermined: 0,
  error: 0,
  skipped: 0,
};

/** What is known besides the store. */
interface ReportSources {
  /** Those of earlier reports, where it goes on with them. */
  readonly findings?: GroupFindings | undefined;
  /** Reads since fig began. */
  readonly seen?: { readonly asked: number; readonly chosen: number } | undefined;
}

/** All that is known of one version of a feature in the step that its gate was just read in. */
export async function reportFeature(
  store: Knex,
  feature: FeatureVersion,
  { row, evidence, decision }: GateReading,
  { findings = new GroupFindings(store), seen }: ReportSources = {},
): Promise<FeatureReport> {
  const { name, fingerprint, cutover } = feature;
  const step = describeReads(row.reads);
  const stores = { evidence: new EvidenceStore(store), report: new ReportStore(store) };
  const comparisons = evidence?.verdicts ?? nothingCompared;
  const { match: matches, mismatch, error } = comparisons;
  const observed = await stores.report.observed(name, fingerprint, step);
  const latencies = await stores.report.latencies(name, fingerprint, step);
  const groups = await new DifferenceStore(store).rankGroups(name, fingerprint, step);
  const hidden = await readHidden(store, name, fingerprint, step);
  const routes = feature.routes.map(({ route }) => route);
  const { confidence, maxMismatchRate: limit } = cutover;
  const proving = evidence ? provingCounts(evidence) : { matches, mismatches: mismatch + error };
  const rate = mismatchBound({ ...proving, confidence });
  return {
    feature: name,
    reads: step,
    fingerprint,
    at: new Date().toISOString(),
    comparisons,
    observed: { ...nothingCompared, ...Object.fromEntries(observed) },
    critical: evidence?.critical ?? 0,
    matchRate: matchRateOf(comparisons),
    bound: { rate, confidence, limit, sentence: describeBound({ rate, confidence, limit }) },
    quarantined: await quarantineReports(store, name),
    looked: lookedAt(feature.shadow.sample, seen),
    routes: joinRoutes(
      routes,
      await stores.evidence.routeCounts(name, fingerprint, step),
      await stores.report.coverage(name, fingerprint, step),
      latencies,
    ),
    groups: await findings.addTo(
      { feature: name, fingerprint, step, rules: feature.compare, routes },
      groups.map((group) => withShare(group, name, matches + mismatch + error)),
    ),
    gate: withoutRepeats(decision),
    uncovered: evidence?.uncovered ?? [],
    latency: {
      legacy: summarizeLatency(addUp(latencies, 'legacy')),
      candidate: summarizeLatency(addUp(latencies, 'candidate')),
    },
    reasons: await stores.evidence.reasons(name, fingerprint, step),
    rules: reportRules(ruleFigures(feature.compare, routes, hidden, Date.now()), feature.compare),
    legacyVaries: legacyVaries(await new LegacyVariationStore(store).list(name, fingerprint)),
  };
}

/** Share of match among all that proves something; undefined without any. */
export function matchRateOf({ match, mismatch, error }: VerdictCounts): number | undefined {
  const conclusive = match + mismatch + error;
  return conclusive === 0 ? undefined : match / conclusive;
}

/** Answers that differ both fail the gate and keep the proof from being complete; once is enough. */
function withoutRepeats(decision: GateReading['decision']): GateReading['decision'] {
  const [first, ...others] = decision.blockers;
  if (first === undefined) return decision;
  return { ...decision, blockers: [first, ...others.filter((other) => !other.startsWith(first))] };
}

function withShare(group: DifferenceGroup, feature: string, conclusive: number): ReportGroup {
  return { ...group, id: groupIdOf({ ...group, feature }), share: conclusive === 0 ? 0 : group.spoiled / conclusive };
}

/** The declared routes in their order; then what else there is evidence of. */
function joinRoutes(
  declared: readonly string[],
  counted: readonly RouteCounts[],
  coverage: readonly RouteCoverage[],
  latencies: readonly RouteLatency[],
): RouteReport[] {
  return [...new Set([...declared, ...counted.map(({ route }) => route)])].map((route) => {
    const own = latencies.filter((latency) => latency.route === route);
    const { asked = 0, kinds = 0, comparedKinds = 0 } = coverage.find((each) => each.route === route) ?? {};
    return {
      route,
      comparisons: counted.find((each) => each.route === route)?.comparisons ?? nothingCompared,
      asked,
      kinds,
      comparedKinds,
      legacyP95Ms: latencyPercentile(addUp(own, 'legacy'), 0.95),
      candidateP95Ms: latencyPercentile(addUp(own, 'candidate'), 0.95),
    };
  });
}

function addUp(latencies: readonly RouteLatency[], side: Side): ReadonlyMap<number, number> {
  const sum = new Map<number, number>();
  for (const latency of latencies) {
    if (latency.side !== side) continue;
    for (const [bucket, count] of latency.counts) sum.set(bucket, (sum.get(bucket) ?? 0) + count);
  }
  return sum;
}
