import type { PromoteOrder, RollbackOrder } from '../../src/cutover/ports.ts';
import type { FeatureReport, QuarantineReport } from '../../src/app/reports/feature-report.ts';
import type {
  FeatureStatus,
  FigControl,
  LiftOrder,
  Readiness,
  ReconcileReport,
  StatusReport,
  TransitionOutcome,
  VerificationReport,
} from '../../src/app/control.ts';
import type { DeadLetterDesk } from '../../src/app/dead-letter-reports.ts';
import { sampleLetters } from './sample-letters.ts';
import { emptyReport, sampleReport } from './sample-report.ts';
import { type SampleVersions, sampleVersions } from './sample-versions.ts';
import { sampleVerification } from './sample-verification.ts';
import { FigError } from '../../src/kernel/fig-error.ts';

export interface SampleControl extends FigControl {
  /** What the next status says; replace it to let something happen. */
  current: StatusReport;
  ready: Readiness;
  /** When set, the status cannot be read. */
  failure: Error | undefined;
  /** What was asked of it, in order. */
  readonly asked: ({ readonly feature: string } & (PromoteOrder | RollbackOrder))[];
  /** What transitions come to; default: they move. */
  outcome: (feature: string, action: 'promote' | 'rollback') => TransitionOutcome;
  reportOf: (feature: string) => FeatureReport;
  /** What a comparison with legacy comes to; default: one row differs. */
  reconciling: FigControl['reconcile'];
  letters: DeadLetterDesk;
  versions: SampleVersions;
  verification: VerificationReport;
  quarantined: readonly QuarantineReport[];
  readonly lifted: LiftOrder[];
  /** What is shown to who follows changes; default: nothing. */
  tailing: FigControl['tail'];
}

/** A control with the figures of a shop in shadow, as the real one gives them. */
export function sampleControl(overrides: Partial<StatusReport> = {}): SampleControl {
  const known = (feature: string): void => {
    const names = control.current.features.map((one) => one.feature);
    if (!names.includes(feature)) {
      throw new FigError('FIG_UNKNOWN_FEATURE', `there is no feature ${feature}; there are: ${names.join(', ')}`);
    }
  };
  const control: SampleControl = {
    current: { ...sampleStatus(), ...overrides },
    ready: { ready: true, state: 'serving', reason: 'it accepts requests' },
    failure: undefined,
    asked: [],
    letters: sampleLetters(),
    versions: sampleVersions(),
    verification: sampleVerification,
    quarantined: [],
    lifted: [],
    tailing: () => Promise.resolve(),
    tail: (request, reader) => control.tailing(request, reader),
    outcome: (feature, action) => ({
      feature,
      moved: true,
      from: 'shadow',
      to: action === 'promote' ? 'canary 5%' : 'legacy',
      gate: 'PASS',
      reason: 'the gate passed on 3,612 clean comparisons',
    }),
    reportOf: (feature) => {
      const status = control.current.features.find((one) => one.feature === feature);
      if (feature === 'orders' || status === undefined) return { ...sampleReport(), feature };
      const { comparisons: verdicts, matchRate, gate, reads } = status;
      return {
        ...emptyReport(feature),
        reads,
        comparisons: verdicts,
        observed: verdicts,
        matchRate,
        gate: { ...gate, blockers: gate.result === 'PASS' ? [] : [gate.reason] },
      };
    },
    status: async () => {
      if (control.failure !== undefined) throw control.failure;
      return control.current;
    },
    report: async (feature) => {
      known(feature);
      return control.reportOf(feature);
    },
    promote: async (feature, request) => {
      known(feature);
      control.asked.push({ feature, ...request });
      if (request.force === true && (request.why ?? '') === '') {
        throw new FigError('FIG_WHY_REQUIRED', 'a forced promotion must say why');
      }
      return control.outcome(feature, 'promote');
    },
    rollback: async (feature, request) => {
      known(feature);
      control.asked.push({ feature, ...request });
      if (request.why === '') throw new FigError('FIG_WHY_REQUIRED', 'a rollback must say why');
      return control.outcome(feature, 'rollback');
    },
    reconcile: async (feature, request, { onProgress, signal }) => {
      known(feature);
      return control.reconciling(feature, request, { onProgress, signal });
    },
    reconciling: async (feature, { repair, source }, { onProgress }) => {
      onProgress({ part: 'public.orders', done: 5_000, total: 20_184 });
      onProgress({ part: 'public.orders', done: 20_184, total: 20_184 });
      return { ...sampleReconciliation(), feature, repair, whole: source === undefined };
    },
    reload: async () => ({ changed: ['limits.inFlight'] }),
    readiness: () => control.ready,
    killSwitch: async ({ on, who, why }) => {
      control.current = { ...control.current, killSwitch: on ? { on, who, why, at: '2026-01-01T00:00:00Z' } : { on } };
      return { ...control.current.killSwitch, on, told: true };
    },
    deadLetters: () => control.letters,
    readModels: () => control.versions,
    quarantine: () => ({
      list: async () => ({ routes: control.quarantined }),
      lift: async (order) => {
        const found = control.quarantined.find((one) => one.route === order.route);
        if (!found) throw new FigError('FIG_NOT_QUARANTINED', `${order.route} is not in quarantine`);
        control.lifted.push(order);
        return found;
      },
    }),
    verifyModel: async (feature, { sample }) => {
      known(feature);
      return { ...control.verification, feature, checked: sample };
    },
    metrics: async () => '# HELP fig_requests_total Requests answered.\nfig_requests_total 18423\n',
  };
  return control;
}

const routes = ['GET /api/orders', 'GET /api/orders/:id', 'GET /api/customers/:id/orders'];
const comparisons = { match: 3_304, mismatch: 87, stale: 41, raced: 12, undetermined: 3, error: 0, skipped: 18 };

export function sampleFeature(overrides: Partial<FeatureStatus> = {}): FeatureStatus {
  return {
    feature: 'orders',
    phase: 'shadow',
    percent: 0,
    reads: 'shadow',
    routes,
    fingerprint: '8c1f0e5b9a7d2c34',
    readModel: { name: 'order_summary', version: 1, state: 'ready', progress: 1, rows: 20_184, error: undefined },
    comparisons,
    matchRate: 3_304 / 3_391,
    legacyP95Ms: 84.2,
    candidateP95Ms: 6.1,
    gate: {
      result: 'FAIL',
      reason:
        '87 of 3,391 answers differ (2.57 %), far above the limit of 0.1 %; most of them at $.total of GET /api/orders/:id.',
      progress: 0.04,
      remaining: undefined,
    },
    ...overrides,
  };
}

export function sampleStatus(): StatusReport {
  return {
    name: 'shop',
    version: '0.1.0',
    startedAt: new Date(Date.now() - 23 * 60_000).toISOString(),
    mode: 'migration',
    addresses: { proxy: 'http://127.0.0.1:8080', legacy: 'http://127.0.0.1:3000', admin: 'http://127.0.0.1:8089' },
    capture: {
      state: 'streaming',
      received: '0/4A1C2F8',
      applied: '0/4A1C2F8',
      acknowledged: '0/4A1B9D0',
      lagBytes: 640,
      lagSeconds: 0.04,
      error: undefined,
    },
    features: [
      sampleFeature(),
      sampleFeature({
        feature: 'catalogue',
        phase: 'canary',
        percent: 25,
        reads: 'canary 25%',
        routes: ['GET /api/products', 'GET /api/products/:id'],
        fingerprint: '12ab77c09f3e4d51',
        readModel: { name: 'product_card', version: 3, state: 'ready', progress: 1, rows: 500, error: undefined },
        comparisons: { match: 2_911, mismatch: 0, stale: 6, raced: 1, undetermined: 0, error: 0, skipped: 0 },
        matchRate: 1,
        legacyP95Ms: 31.7,
        candidateP95Ms: 4.4,
        gate: {
          result: 'INCONCLUSIVE',
          reason: '2,911 clean comparisons of the 3,556 that are needed at a limit of 0.1 % and 95 % confidence.',
          progress: 0.82,
          remaining: 645,
        },
      }),
    ],
    traffic: {
      requests: 18_423,
      inFlight: 4,
      servedBy: { legacy: 17_611, candidate: 812 },
      fallbacks: { 'own write not applied yet': 14, timeout: 2 },
      routes: [
        route('GET', '/api/orders/:id', 6_214, { '2xx': 6_102, '4xx': 112 }, 22.4, 84.2),
        route('GET', '/api/orders', 4_480, { '2xx': 4_480 }, 31.8, 96.5),
        route('GET', '/api/products', 3_391, { '2xx': 3_391 }, 9.2, 31.7),
        route('POST', '/api/orders', 1_204, { '2xx': 1_150, '4xx': 54 }, 14.6, 40.3),
        route('POST', '/api/orders/:id/cancel', 388, { '2xx': 371, '4xx': 17 }, 11.9, 35.2),
        route('GET', '/files/:id.pdf', 96, { '2xx': 95, '5xx': 1 }, 40.1, 1_202),
      ],
    },
    shadow: {
      perSecond: 500,
      queued: 3,
      queuedBytes: 18_240,
      compared: 3_465,
      dropped: { 'queue-full': 0, 'too-large': 2 },
      workerRestarts: 0,
    },
  };
}

/** What a proxy without a config says. */
export function observingStatus(): Partial<StatusReport> {
  const status = sampleStatus();
  return {
    mode: 'observe',
    name: 'observe',
    features: [],
    capture: undefined,
    shadow: undefined,
    traffic: { ...status.traffic, servedBy: { legacy: 18_423, candidate: 0 }, fallbacks: {} },
  };
}

export function sampleReconciliation(): ReconcileReport {
  return {
    feature: 'orders',
    readModel: 'order_summary',
    summary: '1 of 20,184 rows differ (1 of public.orders)',
    state: 'different',
    repair: false,
    whole: true,
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:00:12.500Z',
    position: '0/4A1C2F8',
    parts: [
      {
        name: 'public.orders',
        rows: 20_184,
        missing: 0,
        extra: 0,
        different: 1,
        undetermined: 0,
        repaired: 0,
        truncated: false,
      },
    ],
    samples: [{ part: 'public.orders', kind: 'different', key: '4711' }],
    error: undefined,
  };
}

function route(
  method: string,
  path: string,
  requests: number,
  statuses: Readonly<Record<string, number>>,
  p50Ms: number,
  p95Ms: number,
): StatusReport['traffic']['routes'][number] {
  return { method, path, requests, statuses, p50Ms, p95Ms };
}
