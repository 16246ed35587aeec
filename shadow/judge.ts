import type { CandidateResult } from '../src/kernel/candidate.ts';
import type { Clock } from '../src/kernel/clock.ts';
import type { CandidateFailure, Exchange, HttpAnswer } from '../src/kernel/exchange.ts';
import type { Position } from '../src/kernel/position.ts';
import type { Difference, Verdict } from '../src/kernel/verdict.ts';
import { candidateSick } from './candidate-health.ts';
import { skipReasonOf, skipReasonOfLegacy, type SkipReason } from './comparability.ts';
import type { Comparison, IncomparableReason } from './compare-answers.ts';
import { legacyStrain } from './legacy-strain.ts';
import type { Sandwich } from './variation/own-variations.ts';

export type LegacyResult =
  | { readonly ok: true; readonly answer: HttpAnswer; readonly tookMs: number }
  | { readonly ok: false; readonly reason: string };

/** Whom a judgement may ask. None may reject, except `readSourcePosition`. */
export interface JudgePorts {
  askCandidate(): Promise<CandidateResult>;
  askLegacy(): Promise<LegacyResult>;
  /** Where the source's log is, read after this call. */
  readSourcePosition(): Promise<Position>;
  /** Whether the read model has applied the position within the budget. */
  waitApplied(position: Position, budgetMs: number): Promise<boolean>;
  compare(legacy: HttpAnswer, candidate: HttpAnswer): Comparison;
}

export interface JudgeLimits {
  /** How long one wait for the fence may take. */
  readonly fenceBudgetMs: number;
  /** How long a judgement may go on before it takes its next step. */
  readonly totalBudgetMs: number;
  /** How often a comparison that was overtaken by a change is tried again. */
  readonly racedTries: number;
  /** How many slow rounds in a row must find the candidate different and legacy unmoved before a mismatch is said; of quick ones half. */
  readonly confirmations: number;
  /** From one answer of legacy to the next; a round that takes longer is a slow one. */
  readonly quickRoundMs: number;
  /** How long a user would wait for the candidate, in milliseconds; undefined: as long as it takes. */
  readonly usersWaitMs?: number | undefined;
}

export const defaultJudgeLimits: JudgeLimits = {
  fenceBudgetMs: 5_000,
  totalBudgetMs: 15_000,
  racedTries: 3,
  confirmations: 6,
  quickRoundMs: 100,
};

export type UndeterminedReason =
  | IncomparableReason
  /** The read model did not reach the fence in time. */
  | 'fence-budget'
  /** The judgement as a whole took too long. */
  | 'total-budget'
  /** The source did not say where its log is. */
  | 'no-source-position'
  /** Legacy could not be asked again. */
  | 'legacy-failed'
  /** Legacy gave another answer each time: the data changes too fast, or a place in the answer that is not ignored does. */
  | 'legacy-unsteady'
  /** Legacy may have answered from a cache of its own, and could not be asked past it. */
  | 'legacy-cache'
  /** Nobody knows how far the candidate's read model is, and it has come to agree later before. */
  | 'lag-unknown'
  /** The question has a token for a further page, and it is not known which one the other side gave in its place. */
  | 'unknown-cursor'
  /** Legacy is under strain, so it is asked nothing that no user waits for. */
  | 'legacy-strain'
  /** The candidate fails again and again, and is asked less until it does not. */
  | 'candidate-sick'
  /** The candidate had no capacity for a question that no user waits for. */
  | 'candidate-busy'
  /** The candidate agreed when no user would have waited for it any more. */
  | 'candidate-late'
  /** The feature has no candidate in this process. */
  | 'no-candidate'
  /** The comparison itself failed. */
  | 'fault';

export type JudgementReason =
  | SkipReason
  | UndeterminedReason
  | CandidateFailure
  /** There was no fence to wait for; time was given to the read model instead. */
  | 'settled'
  /** The one reason there is. */
  | '';

export interface Judgement {
  readonly verdict: Verdict;
  /** Why, for the verdicts that have more than one reason; a label. */
  readonly reason: JudgementReason;
  /** Of `mismatch` and `error`. With `legacy-unsteady`: where legacy differed from itself. */
  readonly differences: readonly Difference[];
  readonly critical: boolean;
  /** The answer of legacy that the verdict rests on; undefined when there was none. */
  readonly legacy: HttpAnswer | undefined;
  /** The latest answer of the candidate. */
  readonly candidate: HttpAnswer | undefined;
  /** The latest, where legacy was asked again with the candidate between. */
  readonly sandwich: Sandwich | undefined;
  /** With `stale`: the milliseconds from legacy's answer until the candidate agreed. */
  readonly ageMs: number | undefined;
  readonly legacyMs: number | undefined;
  readonly candidateMs: number | undefined;
}

/**
 * Judges one exchange by fenced comparison. A mismatch is said only after the candidate, standing at or past the version
 * of the data that legacy answered from, differed several times in a row while legacy answered the same before and after
 * each. A value that changes and changes back between two questions to legacy looks unmoved; it would have to do so in every
 * one of these rounds, which is the likelier the longer they take. Never rejects unless a port breaks its promise.
 */
export async function judge(
  exchange: Exchange,
  ports: JudgePorts,
  clock: Clock,
  limits: JudgeLimits = defaultJudgeLimits,
): Promise<Judgement> {
  return new Judge(exchange, ports, clock, limits).run();
}

/** What a step came to: the judgement, or that there is none yet. */
type Step = Judgement | undefined;

class Judge {
  readonly #exchange: Exchange;
  readonly #ports: JudgePorts;
  readonly #clock: Clock;
  readonly #limits: JudgeLimits;
  readonly #deadline: number;
  #legacyMs: number | undefined;
  #candidateMs: number | undefined;
  /** Legacy's latest answer, L in the design, and when it was complete. */
  #legacy: HttpAnswer | undefined;
  #legacyAt: number;
  #candidate: HttpAnswer | undefined;
  #isLate = false;
  #beginning: Pick<Sandwich, 'before' | 'candidateBefore'> | undefined;
  #sandwich: Sandwich | undefined;

  constructor(exchange: Exchange, ports: JudgePorts, clock: Clock, limits: JudgeLimits) {
    this.#exchange = exchange;
    this.#ports = ports;
    this.#clock = clock;
    this.#limits = limits;
    this.#deadline = clock.now() + limits.totalBudgetMs;
    this.#legacyAt = exchange.askedAt + exchange.tookMs;
  }

  async run(): Promise<Judgement> {
    const skip = skipReasonOf(this.#exchange);
    if (skip) return this.#is('skipped', { reason: skip });
    return (await this.#firstLook()) ?? this.#fencedRounds();
  }

  /** Both answers as they are, without a fence: if they agree, nothing else needs to be asked. */
  async #firstLook(): Promise<Step> {
    const { answer, candidateFailure, servedBy, tookMs, isOfOtherVersion } = this.#exchange;
    // The user's answer is of no use here, so legacy is asked as it would have been for them.
    if (isOfOtherVersion) return (await this.#askLegacyFirst()) ?? this.#askCandidateAnd('match');
    if (candidateFailure !== undefined) {
      this.#legacy = answer;
      this.#legacyMs = tookMs;
      return this.#candidateFailed({ failure: candidateFailure, reason: 'while a user waited' });
    }
    if (servedBy === 'candidate') {
      this.#candidateMs = tookMs;
      return (await this.#askLegacyFirst()) ?? this.#settleIfEqual(answer, 'match');
    }
    this.#legacy = answer;
    this.#legacyMs = tookMs;
    return this.#askCandidateAnd('match');
  }

  /** Steps 2 and 3 of the design, until there is a verdict. */
  async #fencedRounds(): Promise<Judgement> {
    let unsteady: readonly Difference[] = [];
    let confirmed = 0;
    // The first fenced agreement is what waiting brought; any later one is a change that overtook the comparison.
    let agreement: 'stale' | 'raced' = 'stale';
    for (let moved = 0; moved < this.#limits.racedTries;) {
      const since = this.#legacyAt;
      const round = await this.#round(agreement);
      if ('verdict' in round) return round;
      agreement = 'raced';
      if (round.legacyMoved) {
        unsteady = round.moves;
        confirmed = 0;
        moved += 1;
        continue;
      }
      confirmed += this.#legacyAt - since > this.#limits.quickRoundMs ? 1 : 2;
      if (confirmed < this.#limits.confirmations) continue;
      return this.#is('mismatch', { differences: round.differences, critical: round.critical });
    }
    return this.#is('undetermined', { reason: 'legacy-unsteady', differences: unsteady });
  }

  /** Fence, candidate, legacy again. Ends in a judgement, or in three answers of which at most two agree. */
  async #round(agreement: 'stale' | 'raced'): Promise<Judgement | Disagreement> {
    const before = this.#legacy!;
    const early = (await this.#passFence()) ?? (await this.#inTime());
    if (early) return early;
    const result = await this.#askCandidate();
    if (!result.ok) return this.#candidateFailed(result);
    this.#layer(before, result.answer);
    const settled =
      this.#settleIfEqual(result.answer, agreement) ?? (await this.#inTime()) ?? (await this.#askLegacy());
    if (settled) return settled;
    const skip = skipReasonOfLegacy(this.#legacy!);
    if (skip) return this.#is('undetermined', { reason: 'legacy-failed' });
    return this.#settleIfEqual(result.answer, 'raced') ?? this.#disagreement(before, result.answer);
  }

  /** Both stand behind the fence, so what the candidate says now it says of data that legacy has answered from. */
  #layer(legacy: HttpAnswer, candidate: HttpAnswer): void {
    if (this.#beginning) this.#sandwich = { ...this.#beginning, after: legacy, candidateAfter: candidate };
    this.#beginning = { before: legacy, candidateBefore: candidate };
  }

  #disagreement(before: HttpAnswer, candidate: HttpAnswer): Judgement | Disagreement {
    const self = this.#ports.compare(before, this.#legacy!);
    const other = this.#ports.compare(this.#legacy!, candidate);
    if (self.outcome === 'undetermined') return this.#is('undetermined', { reason: self.reason });
    if (self.outcome === 'different') {
      return { legacyMoved: true, moves: self.differences };
    }
    if (other.outcome === 'different') {
      return { legacyMoved: false, differences: other.differences, critical: other.critical };
    }
    return this.#is('undetermined', { reason: other.outcome === 'undetermined' ? other.reason : 'legacy-unsteady' });
  }

  /** The position is read now, after legacy's answer was complete, so it lies at or after the version it came from. */
  async #passFence(): Promise<Step> {
    let position: Position;
    try {
      position = await this.#ports.readSourcePosition();
    } catch {
      return this.#is('undetermined', { reason: 'no-source-position' });
    }
    const budget = Math.min(this.#limits.fenceBudgetMs, Math.max(0, this.#deadline - this.#clock.now()));
    const isApplied = await this.#ports.waitApplied(position, budget);
    return isApplied ? undefined : this.#is('undetermined', { reason: 'fence-budget' });
  }

  async #inTime(): Promise<Step> {
    if (this.#clock.now() <= this.#deadline) return undefined;
    return this.#is('undetermined', { reason: 'total-budget' });
  }

  async #askCandidateAnd(agreement: Verdict): Promise<Step> {
    const result = await this.#askCandidate();
    return result.ok ? this.#settleIfEqual(result.answer, agreement) : this.#candidateFailed(result);
  }

  async #askCandidate(): Promise<CandidateResult> {
    const result = await this.#ports.askCandidate();
    // Of one that was not let in nothing has been measured.
    if (result.ok || result.failure !== 'busy') this.#candidateMs ??= result.tookMs;
    this.#isLate = result.tookMs > (this.#limits.usersWaitMs ?? Number.POSITIVE_INFINITY);
    if (result.ok && result.answer.status >= 500) {
      return { ok: false, failure: 'failed', reason: `it answered ${result.answer.status}`, tookMs: result.tookMs };
    }
    return result;
  }

  async #askLegacyFirst(): Promise<Step> {
    const failed = await this.#askLegacy();
    if (failed) return failed;
    const skip = skipReasonOfLegacy(this.#legacy!);
    return skip && this.#is('skipped', { reason: skip });
  }

  async #askLegacy(): Promise<Step> {
    const result = await this.#ports.askLegacy();
    if (!result.ok) {
      return this.#is('undetermined', { reason: result.reason === legacyStrain ? 'legacy-strain' : 'legacy-failed' });
    }
    this.#legacy = result.answer;
    this.#legacyAt = this.#clock.now();
    this.#legacyMs ??= result.tookMs;
    return undefined;
  }

  #settleIfEqual(candidate: HttpAnswer, verdict: Verdict): Step {
    this.#candidate = candidate;
    const comparison = this.#ports.compare(this.#legacy!, candidate);
    if (comparison.outcome === 'undetermined') return this.#is('undetermined', { reason: comparison.reason });
    if (comparison.outcome === 'different') return undefined;
    // A user would have got legacy's answer, so it agrees in nothing they would see; and as it is asked here behind those who
    // serve users, its time is no proof that it would have failed them.
    if (this.#isLate) return this.#is('undetermined', { reason: 'candidate-late' });
    const ageMs = verdict === 'stale' ? Math.max(0, this.#clock.now() - this.#legacyAt) : undefined;
    return this.#is(verdict, { ageMs });
  }

  #candidateFailed({ failure, reason }: { failure: CandidateFailure; reason: string }): Judgement {
    if (failure === 'busy') {
      return this.#is('undetermined', { reason: reason === candidateSick ? 'candidate-sick' : 'candidate-busy' });
    }
    return this.#failed(failure, reason);
  }

  #failed(failure: CandidateFailure, detail: string): Judgement {
    const path = `error ${failure}`;
    const difference: Difference = {
      kind: 'error',
      path,
      at: path,
      legacy: this.#legacy && String(this.#legacy.status),
      candidate: `${failure}: ${detail}`,
      critical: false,
    };
    return this.#is('error', { reason: failure, differences: [difference] });
  }

  #is(verdict: Verdict, more: Partial<Judgement> = {}): Judgement {
    return {
      verdict,
      reason: '',
      differences: [],
      critical: false,
      ageMs: undefined,
      legacy: this.#legacy,
      candidate: this.#candidate,
      sandwich: this.#sandwich,
      legacyMs: this.#legacyMs,
      candidateMs: this.#candidateMs,
      ...more,
    };
  }
}

type Disagreement =
  /** All three answers differ. */
  | { readonly legacyMoved: true; readonly moves: readonly Difference[] }
  /** Legacy answered the same before and after the candidate, which differed from it. */
  | { readonly legacyMoved: false; readonly differences: readonly Difference[]; readonly critical: boolean };
