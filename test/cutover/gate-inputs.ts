import type { NormalizedCutover } from '../../src/config/normalized-config.ts';
import type { GateHealth } from '../../src/cutover/decide-gate.ts';
import type { EvidenceSummary } from '../../src/kernel/evidence.ts';
import type { Verdict } from '../../src/kernel/verdict.ts';

/** A limit of 1 % with 95 % confidence: 354 clean comparisons pass. */
export const policy: NormalizedCutover = {
  canary: [5, 50],
  automatic: true,
  dwellSeconds: 0,
  maxMismatchRate: 0.01,
  confidence: 0.95,
  maxLagSeconds: 5,
  maxLatencyRatio: 1.5,
  maxBreakerOpenings: 2,
};

export const healthy: GateHealth = { readModelReady: true, lagSeconds: 0.2 };

const nothing: Record<Verdict, number> = {
  match: 0,
  mismatch: 0,
  stale: 0,
  raced: 0,
  undetermined: 0,
  error: 0,
  skipped: 0,
};

export function evidence(
  verdicts: Partial<Record<Verdict, number>>,
  rest: Partial<Omit<EvidenceSummary, 'verdicts'>> = {},
): EvidenceSummary {
  return {
    feature: 'orders',
    fingerprint: 'f1',
    step: 'shadow',
    critical: 0,
    uncovered: [],
    legacyP95Ms: undefined,
    candidateP95Ms: undefined,
    ...rest,
    verdicts: { ...nothing, ...verdicts },
  };
}
