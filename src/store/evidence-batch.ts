import type { Side } from '../kernel/exchange.ts';
import type { Difference, Verdict } from '../kernel/verdict.ts';
import { compareTexts, conclusive, storable, type EvidenceItem, type EvidenceScope } from './evidence-item.ts';
import type { SeenFacts } from './fact-rows.ts';
import { latencyBucketOf } from './latency-buckets.ts';
import { addHidden, noHidden, type HiddenTally } from './rule-hits.ts';
import type { PairSource } from './stored-pair.ts';

export interface SeenDifference {
  readonly difference: Difference;
  readonly question: string;
  readonly seenAt: number;
  /** Of the evidence that it spoils, in hex; undefined: the comparison is no distinct evidence. */
  readonly key: string | undefined;
  readonly pair: PairSource | undefined;
}

export interface DifferenceTally {
  readonly path: string;
  readonly kind: string;
  readonly seen: SeenDifference[];
}

/** What a batch adds to one scope. */
export interface ScopeTally {
  readonly scope: EvidenceScope;
  /** By key in hex. */
  readonly distinct: Map<
    string,
    { readonly key: Uint8Array; readonly outcome: Verdict; readonly isRefusal: boolean; critical: boolean }
  >;
  readonly verdicts: Map<string, { readonly verdict: Verdict; readonly reason: string; count: number }>;
  readonly shapes: Map<string, { readonly shape: string; seen: number; compared: number; matched: number }>;
  readonly latencies: Map<string, { readonly side: Side; readonly bucket: number; count: number }>;
  readonly differences: Map<string, DifferenceTally>;
  readonly hidden: HiddenTally;
  readonly facts: SeenFacts[];
}

const MAX_PATH = 500;

/**
 * Adds up a batch. Scopes and everything in them come in a fixed order, so that two writers never wait for each other in
 * a circle. No I/O.
 */
export function tallyBatch(items: readonly EvidenceItem[]): ScopeTally[] {
  const tallies = new Map<string, ScopeTally>();
  for (const item of items) {
    const scope = {
      feature: item.feature,
      fingerprint: item.fingerprint,
      step: item.step,
      route: storable(item.route, MAX_PATH),
    };
    const name = JSON.stringify([scope.feature, scope.fingerprint, scope.step, scope.route]);
    const tally = ensure(tallies, name, () => emptyTally(scope));
    addItem(tally, item);
  }
  return [...tallies.values()].toSorted((a, b) => compareScopes(a.scope, b.scope)).map(inOrder);
}

function addItem(tally: ScopeTally, item: EvidenceItem): void {
  const { verdict, reason, critical, isRefusal = false } = item;
  if (item.key && conclusive.has(verdict)) {
    const key = item.key;
    const entry = ensure(tally.distinct, keyName(key), () => ({ key, outcome: verdict, isRefusal, critical }));
    entry.critical ||= critical;
    if (item.facts) tally.facts.push({ key, facts: item.facts });
  }
  ensure(tally.verdicts, `${verdict} ${reason}`, () => ({ verdict, reason, count: 0 })).count += 1;
  if (item.shape !== undefined) {
    const shape = storable(item.shape, MAX_PATH);
    const entry = ensure(tally.shapes, shape, () => ({ shape, seen: 0, compared: 0, matched: 0 }));
    entry.seen += 1;
    if (conclusive.has(verdict)) entry.compared += 1;
    if (verdict === 'match') entry.matched += 1;
  }
  addLatency(tally, 'legacy', item.legacyMs);
  addLatency(tally, 'candidate', item.candidateMs);
  addDifferences(tally, item);
  addHidden(tally.hidden, item);
}

/** How keys of evidence are named in maps. */
export function keyName(key: Uint8Array): string {
  return Buffer.from(key).toString('hex');
}

function addLatency({ latencies }: ScopeTally, side: Side, ms: number | undefined): void {
  if (ms === undefined) return;
  const bucket = latencyBucketOf(ms);
  ensure(latencies, `${side} ${String(bucket).padStart(4, '0')}`, () => ({ side, bucket, count: 0 })).count += 1;
}

/** A group counts answers, not places: an answer whose ten items differ alike counts once. */
function addDifferences({ differences }: ScopeTally, { question, seenAt, pair, ...item }: EvidenceItem): void {
  const key = item.key && conclusive.has(item.verdict) ? keyName(item.key) : undefined;
  const counted = new Set<string>();
  for (const difference of item.differences) {
    const path = storable(difference.path, MAX_PATH);
    const name = `${path}\n${difference.kind}`;
    if (counted.has(name)) continue;
    counted.add(name);
    const group = ensure(differences, name, () => ({ path, kind: difference.kind, seen: [] }));
    const critical = item.differences.some((other) => other.critical && other.path === difference.path);
    group.seen.push({ difference: { ...difference, critical }, question, seenAt, key, pair });
  }
}

function emptyTally(scope: EvidenceScope): ScopeTally {
  return {
    scope,
    distinct: new Map(),
    verdicts: new Map(),
    shapes: new Map(),
    latencies: new Map(),
    differences: new Map(),
    hidden: noHidden(),
    facts: [],
  };
}

function inOrder(tally: ScopeTally): ScopeTally {
  return {
    scope: tally.scope,
    distinct: sorted(tally.distinct),
    verdicts: sorted(tally.verdicts),
    shapes: sorted(tally.shapes),
    latencies: sorted(tally.latencies),
    differences: sorted(tally.differences),
    hidden: tally.hidden,
    facts: tally.facts,
  };
}

function sorted<T>(map: Map<string, T>): Map<string, T> {
  return new Map([...map].toSorted(([a], [b]) => compareTexts(a, b)));
}

function compareScopes(a: EvidenceScope, b: EvidenceScope): number {
  return (
    compareTexts(a.feature, b.feature) ||
    compareTexts(a.fingerprint, b.fingerprint) ||
    compareTexts(a.step, b.step) ||
    compareTexts(a.route, b.route)
  );
}

function ensure<T>(map: Map<string, T>, key: string, make: () => T): T {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
