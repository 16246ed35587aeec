import { AggregatorRegistry, Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Side } from '../kernel/exchange.ts';
import { readPhases, type ReadState } from '../kernel/phase.ts';
import { verdicts, type Verdict } from '../kernel/verdict.ts';
import type { MetricSnapshot, MetricsSnapshot } from './metrics-snapshot.ts';
import { RequestTally } from './request-tally.ts';
import { type EventGauges, eventMetrics } from './event-metrics.ts';
import { type TransportGauges, transportMetrics } from './transport-metrics.ts';

/** A label may take this many values; every further one is counted as `other`, so that no input can grow the registry. */
const MAX_LABEL_VALUES = 50;
const gateResults = ['PASS', 'FAIL', 'INCONCLUSIVE'] as const;

interface CaptureGauges {
  /** Log positions in bytes. */
  readonly received?: bigint | undefined;
  readonly applied?: bigint | undefined;
  readonly acknowledged?: bigint | undefined;
  readonly lagBytes?: number | undefined;
  readonly lagSeconds?: number | undefined;
  readonly spooledBytes?: number | undefined;
}

/** Of a read model that is kept in step with legacy. */
interface CapturedGauges {
  readonly failed: boolean;
  /** Log that legacy's server keeps for it because it failed. */
  readonly heldBytes: number;
}

/** What capture applied in one go. */
interface AppliedChanges {
  readonly size: 'small' | 'large';
  readonly transactions: number;
  readonly changes: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** What the proxy has taken on at the moment, and what it turned away since the start. */
interface LoadGauges {
  readonly connections: number;
  readonly inFlight: number;
  readonly streams: number;
  readonly upstreamBusy: number;
  readonly upstreamWaiting: number;
  readonly refused: Readonly<Record<string, number>>;
}

/** Of a read model that is loaded in batches; what is not known is left out. */
interface BatchGauges {
  readonly ageSeconds?: number | undefined;
  readonly rows?: number | undefined;
  /** Loads that failed since the last that did not. */
  readonly failures: number;
}

/** Of the last comparison of a read model with legacy that came to its end, and of the one that runs. */
export interface ReconcileGauges {
  readonly last?:
    | {
        /** Since the epoch. */
        readonly finishedAtSeconds: number;
        readonly rows: number;
        /** Rows by what was wrong with them, or was done. */
        readonly differences: Readonly<Record<string, number>>;
      }
    | undefined;
  /** 0 to 1; 0 while none runs. */
  readonly progress: number;
}

/** What was removed of evidence in one turn, and what is there since. */
interface KeptGauges {
  /** By what it was and why. */
  readonly removed: Readonly<Record<string, number>>;
  readonly bytes: number;
  readonly pairs: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface ShadowGauges {
  readonly perSecond: number;
  readonly queued: number;
  readonly queuedBytes: number;
  /** Since the start, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly sample?: { readonly unnamed: number } | undefined;
}

export interface Metrics {
  requestServed(request: {
    readonly servedBy: Side;
    readonly status: number | undefined;
    /** Why that side served it. */
    readonly reason: string;
    readonly tookMs: number;
  }): void;
  /** Legacy answered in place of the candidate. */
  fallback(reason: string): void;
  compared(feature: string, verdict: Verdict): void;
  load(gauges: LoadGauges): void;
  shadow(gauges: ShadowGauges): void;
  capture(gauges: CaptureGauges): void;
  applied(batch: AppliedChanges): void;
  captured(readModel: string, gauges: CapturedGauges): void;
  transport(gauges: TransportGauges): void;
  events(gauges: EventGauges): void;
  batch(readModel: string, gauges: BatchGauges): void;
  reconciled(feature: string, gauges: ReconcileGauges): void;
  kept(figures: KeptGauges): void;
  reads(feature: string, state: ReadState): void;
  deadLetters(feature: string, letters: number): void;
  gate(feature: string, result: (typeof gateResults)[number], progress: number): void;
  /** Called before every exposition, to bring gauges up to date. A failing one is left out, the rest is still shown. */
  beforeText(refresh: () => void | Promise<void>): void;
  snapshot(): Promise<MetricsSnapshot>;
  /** The text exposition; with those of other processes added up into one set. */
  text(others?: readonly MetricsSnapshot[]): Promise<string>;
}

/** All metrics of a process, in a registry of their own. Made on first use, so that commands which only ask pay nothing. */
export function createMetrics(): Metrics {
  let made: ReturnType<typeof makeInstruments> | undefined;
  const tally = new RequestTally(boundedLabel());
  const instruments = (): ReturnType<typeof makeInstruments> => (made ??= makeInstruments(tally));
  const refreshers: (() => void | Promise<void>)[] = [];
  const feature = boundedLabel();
  const readModel = boundedLabel();
  const fallbackReason = boundedLabel();
  const refusedBefore = new Map<string, number>();
  const droppedBefore = new Map<string, number>();
  let unnamedBefore = 0;
  const kindsOfDifferences = new Set<string>();
  const refreshed = async (): Promise<Registry> => {
    const { registry, refreshFailures, requests } = instruments();
    tally.drain((labels, count) => requests.inc(labels, count));
    for (const refresh of refreshers) {
      try {
        await refresh();
      } catch {
        refreshFailures.inc();
      }
    }
    return registry;
  };

  return {
    requestServed: ({ servedBy, status, reason, tookMs }) => tally.count(servedBy, status, reason, tookMs),
    fallback: (why) => instruments().fallbacks.inc({ reason: fallbackReason(why) }),
    compared: (name, verdict) => instruments().comparisons.inc({ feature: feature(name), verdict }),
    load: ({ connections, inFlight, streams, upstreamBusy, upstreamWaiting, refused }) => {
      const gauges = instruments();
      gauges.connections.set(connections);
      gauges.inFlight.set(inFlight);
      gauges.streams.set(streams);
      gauges.upstream.set({ state: 'busy' }, upstreamBusy);
      gauges.upstream.set({ state: 'waiting' }, upstreamWaiting);
      for (const [why, count] of Object.entries(refused)) {
        gauges.refused.inc({ reason: why }, count - (refusedBefore.get(why) ?? 0));
        refusedBefore.set(why, count);
      }
    },
    shadow: ({ perSecond, queued, queuedBytes, dropped, sample }) => {
      const gauges = instruments();
      gauges.perSecond.set(perSecond);
      gauges.queued.set(queued);
      gauges.queuedBytes.set(queuedBytes);
      gauges.unnamed.inc((sample?.unnamed ?? 0) - unnamedBefore);
      unnamedBefore = sample?.unnamed ?? 0;
      for (const [why, count] of Object.entries(dropped)) {
        gauges.dropped.inc({ reason: why }, count - (droppedBefore.get(why) ?? 0));
        droppedBefore.set(why, count);
      }
    },
    capture: (gauges) => {
      const { positions, lagBytes, lagSeconds, spool } = instruments();
      for (const point of ['received', 'applied', 'acknowledged'] as const) {
        const position = gauges[point];
        if (position !== undefined) positions.set({ point }, Number(position));
      }
      if (gauges.lagBytes !== undefined) lagBytes.set(gauges.lagBytes);
      if (gauges.lagSeconds !== undefined) lagSeconds.set(gauges.lagSeconds);
      spool.set(gauges.spooledBytes ?? 0);
    },
    applied: ({ size, transactions, changes, seconds }) => {
      const { transactions: seen, changes: rows, applySeconds, batchChanges } = instruments();
      seen.inc({ size }, transactions);
      applySeconds.observe(seconds);
      let all = 0;
      for (const [kind, count] of Object.entries(changes)) {
        rows.inc({ kind }, count);
        all += count;
      }
      batchChanges.observe(all);
    },
    captured: (name, { failed, heldBytes }) => {
      const label = { read_model: readModel(name) };
      instruments().failed.set(label, failed ? 1 : 0);
      instruments().held.set(label, heldBytes);
    },
    transport: (gauges) => instruments().transport(gauges),
    events: (gauges) => instruments().events(gauges),
    batch: (name, { ageSeconds, rows, failures }) => {
      const { batchAge, batchRows, batchFailures } = instruments();
      const label = { read_model: readModel(name) };
      if (ageSeconds !== undefined) batchAge.set(label, ageSeconds);
      if (rows !== undefined) batchRows.set(label, rows);
      batchFailures.set(label, failures);
    },
    reconciled: (name, { last, progress }) => {
      const { reconcileFinished, reconcileRows, reconcileDifferences, reconcileProgress } = instruments();
      const label = { feature: feature(name) };
      reconcileProgress.set(label, progress);
      if (!last) {
        // What was said of the version before must not pass for the one that serves since.
        reconcileFinished.remove(label);
        reconcileRows.remove(label);
        for (const kind of kindsOfDifferences) reconcileDifferences.remove({ ...label, kind });
        return;
      }
      reconcileFinished.set(label, last.finishedAtSeconds);
      reconcileRows.set(label, last.rows);
      for (const [kind, count] of Object.entries(last.differences)) {
        kindsOfDifferences.add(kind);
        reconcileDifferences.set({ ...label, kind }, count);
      }
    },
    kept: ({ removed, bytes, pairs, at }) => {
      const { evidenceRemoved, evidenceBytes, storedPairs, evidenceKept } = instruments();
      for (const [what, count] of Object.entries(removed)) evidenceRemoved.inc({ what }, count);
      evidenceBytes.set(bytes);
      storedPairs.set(pairs);
      evidenceKept.set(at / 1_000);
    },
    reads: (name, state) => {
      const label = feature(name);
      instruments().percent.set({ feature: label }, state.percent);
      for (const phase of readPhases) instruments().phase.set({ feature: label, phase }, phase === state.phase ? 1 : 0);
    },
    deadLetters: (name, letters) => instruments().deadLetters.set({ feature: feature(name) }, letters),
    gate: (name, result, progress) => {
      const label = feature(name);
      for (const one of gateResults) instruments().gate.set({ feature: label, result: one }, one === result ? 1 : 0);
      instruments().gateProgress.set({ feature: label }, progress);
    },
    beforeText: (refresh) => void refreshers.push(refresh),
    snapshot: async () => snapshotOf(await refreshed()),
    text: async (others = []) => {
      const registry = await refreshed();
      if (others.length === 0) return registry.metrics();
      // The library's own types miss that it wants what `getMetricsAsJSON` gives.
      return AggregatorRegistry.aggregate([await snapshotOf(registry), ...others].map((one) => [...one])).metrics();
    },
  };
}

async function snapshotOf(registry: Registry): Promise<MetricsSnapshot> {
  // Typed without the values it has.
  return (await registry.getMetricsAsJSON()) as unknown as MetricSnapshot[];
}

function boundedLabel(): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= MAX_LABEL_VALUES) return 'other';
    known.add(value);
    return value;
  };
}

function makeInstruments(tally: RequestTally) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []): Counter<Label> =>
    new Counter({ name, help, labelNames, registers });
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []): Gauge<Label> =>
    new Gauge({ name, help, labelNames, registers });
  tally.registerDurations(
    registry,
    'fig_request_duration_seconds',
    'Time from the arrival of a request to the end of its answer.',
  );
  return {
    registry,
    requests: counter(
      'fig_requests_total',
      'Requests answered, by the side that answered, class of status and why that side was chosen.',
      ['served_by', 'status_class', 'reason'],
    ),
    fallbacks: counter('fig_fallbacks_total', 'Requests that legacy answered in place of the candidate.', ['reason']),
    comparisons: counter(
      'fig_comparisons_total',
      `Comparisons finished, by feature and verdict (${verdicts.join(', ')}).`,
      ['feature', 'verdict'],
    ),
    connections: gauge('fig_connections', 'Client connections that are open, tunnels included.'),
    inFlight: gauge('fig_requests_in_flight', 'Requests whose answer is not out; event streams are not counted.'),
    streams: gauge('fig_streams', 'Event streams and tunnels that are open.'),
    upstream: gauge('fig_upstream_requests', 'Requests with the legacy app, and those that wait for a turn with it.', [
      'state',
    ]),
    refused: counter('fig_refused_total', 'Connections and requests that were turned away by a limit.', ['reason']),
    perSecond: gauge('fig_shadow_budget_per_second', 'Questions that may be compared per second at present.'),
    queued: gauge('fig_shadow_queue_exchanges', 'Copies of exchanges that wait to be compared.'),
    queuedBytes: gauge('fig_shadow_queue_bytes', 'Bytes of the copies that wait to be compared.'),
    dropped: counter('fig_shadow_dropped_total', 'Questions that were not compared, by reason.', ['reason']),
    unnamed: counter(
      'fig_shadow_unnamed_visitors_total',
      'Reads without a name of their visitor, where visitors are sampled: each was chosen by chance.',
    ),
    evidenceRemoved: counter(
      'fig_evidence_removed_total',
      'What retention removed of evidence: scopes that were too old or beyond the size, groups, stored pairs.',
      ['what'],
    ),
    evidenceBytes: gauge('fig_evidence_bytes', 'What evidence takes in the control store, with indexes.'),
    storedPairs: gauge('fig_stored_pairs', 'Questions that are stored with both answers.'),
    evidenceKept: gauge(
      'fig_evidence_retention_timestamp_seconds',
      'When this fig last looked for evidence to remove, since the epoch.',
    ),
    positions: gauge('fig_capture_position_bytes', 'Position in the source log, in bytes.', ['point']),
    lagBytes: gauge('fig_capture_lag_bytes', 'Bytes of log between the source and what is applied.'),
    lagSeconds: gauge('fig_capture_lag_seconds', 'Time since the read models last stood level with the source.'),
    spool: gauge('fig_capture_spool_bytes', 'Disk that transactions take which are too large for memory.'),
    transactions: counter('fig_capture_transactions_total', 'Transactions of legacy that were applied.', ['size']),
    changes: counter('fig_capture_changes_total', 'Changes of rows that were applied, by kind.', ['kind']),
    applySeconds: new Histogram({
      name: 'fig_capture_apply_seconds',
      help: 'Time to apply a batch of transactions to every read model.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30, 300],
      registers,
    }),
    batchChanges: new Histogram({
      name: 'fig_capture_batch_changes',
      help: 'Changes of rows in a batch that was applied in one go.',
      buckets: [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000],
      registers,
    }),
    transport: transportMetrics(registry, boundedLabel()),
    events: eventMetrics(registry, boundedLabel()),
    failed: gauge('fig_read_model_failed', '1 for a read model that has failed and is tried again, else 0.', [
      'read_model',
    ]),
    held: gauge('fig_read_model_held_bytes', 'Log that legacy keeps for a read model because it has failed.', [
      'read_model',
    ]),
    deadLetters: gauge('fig_dead_letters', 'What the read model of a feature could not digest.', ['feature']),
    batchAge: gauge('fig_batch_age_seconds', 'Time since the load began that gave the rows.', ['read_model']),
    batchRows: gauge('fig_batch_rows', 'Rows of a read model that is loaded in batches.', ['read_model']),
    batchFailures: gauge('fig_batch_failures', 'Loads that failed since the last that did not.', ['read_model']),
    reconcileFinished: gauge(
      'fig_reconcile_finished_timestamp_seconds',
      'When the last comparison with legacy came to its end, since the epoch.',
      ['feature'],
    ),
    reconcileRows: gauge('fig_reconcile_rows', 'Rows that the last comparison with legacy compared.', ['feature']),
    reconcileDifferences: gauge(
      'fig_reconcile_differences',
      'Rows that the last comparison with legacy found to differ, or repaired.',
      ['feature', 'kind'],
    ),
    reconcileProgress: gauge('fig_reconcile_progress_ratio', 'Progress of the comparison that runs, 0 to 1.', [
      'feature',
    ]),
    percent: gauge('fig_feature_reads_percent', 'Share of visitors whose reads the candidate serves.', ['feature']),
    phase: gauge('fig_feature_reads_phase', '1 for the phase the reads are in, 0 for the others.', [
      'feature',
      'phase',
    ]),
    gate: gauge('fig_gate_result', '1 for the result of the gate, 0 for the others.', ['feature', 'result']),
    gateProgress: gauge('fig_gate_progress_ratio', 'Progress of the proof, 0 to 1.', ['feature']),
    refreshFailures: counter('fig_metrics_refresh_failures_total', 'Gauges that could not be brought up to date.'),
  };
}
