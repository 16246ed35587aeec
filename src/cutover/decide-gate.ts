/** Pass, fail or hold, and the one sentence that says why. Nothing here does I/O. */
import type { NormalizedCutover } from '../config/normalized-config.ts';
import type { EvidenceSummary } from '../kernel/evidence.ts';
import type { ReadState } from '../kernel/phase.ts';
import { nextState } from './read-phases.ts';
import { describeUnreconciled, type ReconciliationHealth } from './reconciliation-health.ts';
import { wrongInPart } from './route-health.ts';
import { ruleFaults, type RuleHealth } from './rule-health.ts';
import { harmEvidence, promotionEvidence, type PromotionEvidence } from './sequential-gate.ts';

/** Under this 95th percentile (ms) a candidate is fast enough, however fast legacy is. */
const fastEnoughMs = 50;

/** A candidate that failed users gets this long to show that it is well before it may serve more of them. */
const quietSeconds = 60;

export type GateResult =
  /** Proven good enough: may advance. */
  | 'PASS'
  /** Proven bad: must not advance, and goes back by itself where it serves users. */
  | 'FAIL'
  /** Not proven either way: holds, and never moves anything. */
  | 'INCONCLUSIVE';

/** What a gate asks of the read model, besides the comparisons. */
export interface GateHealth {
  /** Built, and trusted to answer. True for a feature whose candidate keeps its own read model. */
  readonly readModelReady: boolean;
  /** Why it is not ready, one sentence without a full stop. */
  readonly readModelReason?: string | undefined;
  /** Seconds behind legacy; undefined: not known. 0 for a feature whose candidate keeps its own read model. */
  readonly lagSeconds: number | undefined;
  /** Present while changes cannot be captured. */
  readonly captureError?: string | undefined;
  /** What the last comparison of the read model with legacy showed; absent: none is asked for. */
  readonly reconciliation?: ReconciliationHealth | undefined;
  /** What of the read model could not be built; absent: nothing. */
  readonly deadLetters?: number | undefined;
  /** What the breaker did in this step; absent: it stayed closed. */
  readonly breaker?: BreakerHealth | undefined;
  /** What the comparisons are a sample of, `10 % of visitors`; absent: of everything. */
  readonly sample?: string | undefined;
  /** Of each route that is not compared because its reads write to legacy, one sentence without a full stop. */
  readonly quarantined?: readonly string[] | undefined;
}

export interface BreakerHealth {
  /** Of the proxy in which it opened most often. */
  readonly openings: number;
  /** Undefined when it never opened. */
  readonly secondsSinceLast: number | undefined;
}

export interface GateInput {
  readonly state: ReadState;
  /** Of the step that `state` is in; not looked at in `legacy`. */
  readonly evidence: EvidenceSummary;
  readonly health: GateHealth;
  readonly policy: NormalizedCutover;
  /** Default: none. */
  readonly rules?: readonly RuleHealth[] | undefined;
  /** The difference worth naming: a critical one first, else the most frequent one. */
  readonly topDifference?: string | undefined;
}

export interface GateDecision {
  readonly result: GateResult;
  /** Answers "why not promoted?" in one sentence, without a full stop. */
  readonly reason: string;
  /** Progress of the proof, 0 to 1. It may be 1 while something else holds the gate. */
  readonly progress: number;
  /** Further clean comparisons needed; undefined when it cannot pass that way. */
  readonly remaining: number | undefined;
  /** Everything that stands in the way, the gravest first; empty when it passes. `reason` is the first of them. */
  readonly blockers: readonly string[];
  /** It fails for rules that have expired and for nothing else: nobody is served worse for that, so nothing goes back. */
  readonly isOnlyOverdue?: true | undefined;
}

/** A critical difference, proven harm or a rule that should not be there any more fails; else whatever is missing holds; else the proof decides. */
export function decideGate(input: GateInput): GateDecision {
  const { state, evidence, health, policy } = input;
  if (state.phase === 'legacy') return decideReadiness(health);

  const counts = countsOf(evidence);
  const limit = policy.maxMismatchRate;
  const failures: string[] = [];
  if (evidence.critical > 0) failures.push(describeCritical(evidence.critical, input.topDifference));
  if (harmEvidence({ ...counts, limit }).fail) failures.push(describeDifferences(input));
  const openings = health.breaker?.openings ?? 0;
  if (openings > policy.maxBreakerOpenings) {
    failures.push(`the breaker opened ${count(openings)} times (limit ${count(policy.maxBreakerOpenings)})`);
  }

  const faults = ruleFaults(input.rules ?? []);
  failures.push(...faults.exceeded);
  const isOnlyOverdue = failures.length === 0 && faults.expired.length > 0;
  failures.push(...faults.expired);

  const proof = promotionEvidence({ ...provingCounts(evidence), limit, confidence: policy.confidence });
  const holds = [...holdsOf(input), ...faults.unknown];
  if (!proof.pass) holds.push(describeLacking(input, proof));

  const blockers = [...new Set([...failures, ...holds])];
  const [reason] = blockers;
  if (reason === undefined) {
    return { result: 'PASS', reason: describePass(input), progress: 1, remaining: 0, blockers };
  }
  if (failures.length > 0) {
    const overdue = isOnlyOverdue && { isOnlyOverdue };
    return { result: 'FAIL', reason, progress: 0, remaining: undefined, blockers, ...overdue };
  }
  return { result: 'INCONCLUSIVE', reason, progress: proof.progress, remaining: proof.remainingClean, blockers };
}

/** Leaving `legacy` puts no user at risk, so it asks only for something to compare with. */
function decideReadiness(health: GateHealth): GateDecision {
  if (health.readModelReady) {
    const reason = 'ready to be compared, off the path of any user';
    return { result: 'PASS', reason, progress: 1, remaining: 0, blockers: [] };
  }
  const reason = describeNotReady(health);
  return { result: 'INCONCLUSIVE', reason, progress: 0, remaining: undefined, blockers: [reason] };
}

/** Why a read model cannot be promoted to, whoever asks and however firmly. */
export function describeNotReady(health: GateHealth): string {
  return health.readModelReason ?? 'the read model is not ready';
}

/** Undefined when there are none. */
export function describeDeadLetters({ deadLetters = 0 }: GateHealth): string | undefined {
  if (deadLetters === 0) return undefined;
  const what = deadLetters === 1 ? '1 dead letter keeps' : `${count(deadLetters)} dead letters keep`;
  return `${what} the read model from being complete (fig dead-letters list)`;
}

/** What holds the gate besides a lack of proof, in the order in which an operator should look at it. */
function holdsOf({ state, evidence, health, policy }: GateInput): string[] {
  const holds: string[] = [];
  if (!health.readModelReady) holds.push(describeNotReady(health));
  if (health.captureError !== undefined) holds.push(`changes are not captured: ${health.captureError}`);
  if (health.lagSeconds === undefined) {
    holds.push('how far the read model is behind legacy is not known');
  } else if (!(health.lagSeconds <= policy.maxLagSeconds)) {
    const lag = `${decimal(health.lagSeconds)} s behind legacy (limit ${decimal(policy.maxLagSeconds)} s)`;
    holds.push(`the read model is ${lag}`);
  }
  // After the step to live nobody may look any more.
  const unreconciled = describeUnreconciled(health, nextState(state, policy.canary)?.phase === 'live');
  if (unreconciled !== undefined) holds.push(unreconciled);
  const incomplete = describeDeadLetters(health);
  if (incomplete !== undefined) holds.push(incomplete);
  const sinceOpening = health.breaker?.secondsSinceLast;
  if (sinceOpening !== undefined && sinceOpening < quietSeconds) {
    holds.push(`the breaker opened ${decimal(Math.round(sinceOpening))} s ago (${quietSeconds} s of quiet needed)`);
  }
  holds.push(...(health.quarantined ?? []));
  const [uncovered] = evidence.uncovered;
  if (uncovered !== undefined) {
    const others = evidence.uncovered.length - 1;
    const more = others === 0 ? '' : `, nor have ${count(others)} other kinds of request`;
    holds.push(`${uncovered.route} (${uncovered.shape}) has no comparison yet${more}`);
  }
  holds.push(...wrongInPart(evidence, policy.maxMismatchRate));
  const { legacyP95Ms: legacy, candidateP95Ms: candidate } = evidence;
  if (legacy !== undefined && candidate !== undefined && candidate > fastEnoughMs) {
    if (candidate > legacy * policy.maxLatencyRatio) {
      const times = legacy > 0 ? `${decimal(candidate / legacy)} times` : 'far above';
      const ratio = `${times} legacy's ${decimal(legacy)} ms (limit ${decimal(policy.maxLatencyRatio)} times)`;
      holds.push(`the candidate's 95th percentile is ${decimal(candidate)} ms, ${ratio}`);
    }
  }
  return holds;
}

/** An answer that the candidate failed to give differs as much as a wrong one. */
function countsOf({ verdicts }: EvidenceSummary): { matches: number; mismatches: number } {
  return { matches: verdicts.match, mismatches: verdicts.mismatch + verdicts.error };
}

/**
 * That both refuse is no proof of what is given: who tries ten thousand ids, or comes without a session, would promote for those
 * who have one. A refusal that differs counts like any difference.
 */
export function provingCounts(evidence: EvidenceSummary): { matches: number; mismatches: number } {
  const { matches, mismatches } = countsOf(evidence);
  return { matches: Math.max(0, matches - (evidence.refusals ?? 0)), mismatches };
}

function describeLacking(input: GateInput, { remainingClean }: PromotionEvidence): string {
  const { matches, mismatches } = provingCounts(input.evidence);
  const more = remainingClean === undefined ? undefined : `${count(remainingClean)} more needed`;
  if (mismatches === 0) {
    const { refusals = 0 } = input.evidence;
    const besides = refusals === 0 ? '' : `, besides ${count(refusals)} refusals that agree`;
    const sample = `${describeSample(input.health)}${besides}`;
    if (remainingClean === undefined) {
      return `${count(matches)} clean comparisons so far${sample}: too few to prove such a limit`;
    }
    return `${count(matches)} of ${count(matches + remainingClean)} clean comparisons so far${sample}: ${more}`;
  }
  return more === undefined ? describeDifferences(input) : `${describeDifferences(input)}; ${more} that agree`;
}

function describeDifferences({ evidence, policy, topDifference }: GateInput): string {
  const { matches, mismatches } = countsOf(evidence);
  const total = matches + mismatches;
  const verb = evidence.verdicts.error > 0 ? 'differ or failed' : 'differ';
  const share = `${percent(mismatches / total)}, limit ${percent(policy.maxMismatchRate)}`;
  const named = topDifference === undefined ? '' : `: most often ${topDifference}`;
  return `${count(mismatches)} of ${count(total)} answers ${verb} (${share})${named}`;
}

function describeCritical(critical: number, topDifference: string | undefined): string {
  const what = critical === 1 ? '1 critical difference' : `${count(critical)} critical differences`;
  return topDifference === undefined ? what : `${what}: ${topDifference}`;
}

function describePass({ evidence, policy, health }: GateInput): string {
  const { matches, mismatches } = countsOf(evidence);
  const agree = mismatches === 0 ? count(matches) : `${count(matches)} of ${count(matches + mismatches)}`;
  const proven = `fewer than ${percent(policy.maxMismatchRate)} differ, with ${percent(policy.confidence)} confidence`;
  return `${agree} comparisons${describeSample(health)} agree: ${proven}`;
}

function describeSample({ sample }: GateHealth): string {
  return sample === undefined ? '' : ` in ${sample}`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function percent(share: number): string {
  return `${decimal(share * 100)} %`;
}

/** Three digits are enough for a human, and hide what binary fractions add. */
function decimal(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: value >= 100 ? 6 : 4, useGrouping: false });
}
