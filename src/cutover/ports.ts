import type { NormalizedCutover } from '../config/normalized-config.ts';
import type { EvidenceStep, EvidenceSummary } from '../kernel/evidence.ts';
import type { PhaseRow, PhaseStore } from '../store/phase-store.ts';
import type { BreakerHealth, GateDecision, GateHealth, GateResult } from './decide-gate.ts';
import type { RuleHealth } from './rule-health.ts';

/** What cutover needs to know of a feature; a normalised feature fits. */
export interface CutoverFeature {
  readonly name: string;
  readonly fingerprint: string;
  /** Of the read model that the fingerprint is of; undefined: there is no other that could serve. */
  readonly version?: number | undefined;
  readonly cutover: NormalizedCutover;
}

/** What cutover needs of the rest of the house. The app fills it. Any call may reject. */
export interface CutoverPorts {
  /** What the comparisons of one step have shown for the code that runs now. Zeros when there are none yet. */
  evidenceOf(feature: string, fingerprint: string, step: EvidenceStep): Promise<EvidenceSummary>;
  /**
   * Deletes all evidence of a step, of every fingerprint, including whatever is remembered to count it as distinct.
   * Called whenever a step is entered, because evidence belongs to one stay in it.
   */
  forgetEvidence(feature: string, step: EvidenceStep): Promise<void>;
  /** Every comparison rule, with what it hid in the answers of one step. */
  rulesOf(feature: string, fingerprint: string, step: EvidenceStep): Promise<readonly RuleHealth[]>;
  healthOf(feature: string): Promise<GateHealth>;
  /** What the breakers of all proxies did since then. */
  breakerOf(feature: string, since: Date): Promise<BreakerHealth>;
  /**
   * One line that names a difference of the code that runs now: a critical one first, else the most frequent
   * (`$.total of GET /api/orders/:id, legacy "9.90", candidate "0.00"`). Redacted. Undefined without any.
   */
  topDifferenceOf(feature: string, fingerprint: string, step: EvidenceStep): Promise<string | undefined>;
  readonly phases: PhaseStore;
}

export interface PromoteOrder {
  readonly who: string;
  readonly why?: string | undefined;
  /** Passes over the gate, also over FAIL, but never over a read model that is not ready; `why` is then required. */
  readonly force?: boolean | undefined;
}

export interface RollbackOrder {
  readonly who: string;
  readonly why: string;
  /** Where to; default: `shadow` from canary and live, `legacy` from shadow. */
  readonly to?: 'legacy' | 'shadow' | undefined;
}

export interface CutoverOutcome {
  readonly feature: string;
  readonly moved: boolean;
  /** `shadow`, `canary 5%`. */
  readonly from: string;
  /** Where it went, or, when it did not move, where it stays. */
  readonly to: string;
  /** Undefined when the gate was not asked. */
  readonly gate: GateResult | undefined;
  /** One sentence: why it moved, or why not. */
  readonly reason: string;
}

/** A feature's step, what is known of it, and what the gate makes of that. */
export interface GateReading {
  readonly row: PhaseRow;
  /** Of the read model that was looked at. */
  readonly version: number | undefined;
  /** Undefined in `legacy`, where nothing is compared. */
  readonly evidence: EvidenceSummary | undefined;
  readonly health: GateHealth;
  readonly decision: GateDecision;
}
