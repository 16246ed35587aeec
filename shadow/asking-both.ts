import { setTimeout as delay } from 'node:timers/promises';
import type { Candidate, CandidateResult } from '../src/kernel/candidate.ts';
import type { Exchange, HttpAnswer } from '../src/kernel/exchange.ts';
import { askCandidate } from './ask-candidate.ts';
import type { LegacyAsker } from './ask-legacy.ts';
import type { ShadowCandidates } from './candidate-module.ts';
import type { PairedQuestions } from './cursors/paired-questions.ts';
import { bounded } from './bounded-answer.ts';
import { candidatePort, legacyPort } from './guarded-ports.ts';
import { comparedResult } from './head-answers.ts';
import type { JudgePorts } from './judge.ts';
import { type KnownFeature, settlesForMs } from './known-feature.ts';
import type { LastLook } from './last-look.ts';
import { LegacyStrain } from './legacy-strain.ts';
import { repeatedHeaders } from './question-headers.ts';
import { withoutRunDelay } from './run-delay.ts';
import { Semaphore } from './semaphore.ts';
import type { ShadowSettings } from './worker-protocol.ts';

/** Questions that are with candidates at once. Judgements that wait for a fence take no place. */
const MAX_QUESTIONS = 8;

export interface BothSides {
  readonly candidates: ShadowCandidates;
  readonly legacy: LegacyAsker;
  readonly settings: ShadowSettings;
  /** However often a candidate fails it is asked. */
  readonly sparesNobody: boolean;
}

/** What the candidate answered last, which is the answer that a mismatch is about. */
export interface Heard {
  candidate: HttpAnswer | undefined;
}

/** One judgement, and what it is about. */
export interface Asking {
  readonly exchange: Exchange;
  /** What each side is asked. */
  readonly questions: PairedQuestions;
  readonly known: KnownFeature;
  readonly candidate: Candidate;
  readonly looks: LastLook;
  readonly heard: Heard;
}

/** Asks both sides for judgements, as far as they can bear it. */
export class AskingBoth {
  readonly #sides: BothSides;
  readonly #places = new Semaphore(MAX_QUESTIONS);
  readonly #strain = new LegacyStrain();

  constructor(sides: BothSides) {
    this.#sides = sides;
  }

  /** To be told of each answer that users got. */
  seeLegacy({ feature, route, servedBy, answer, tookMs }: Exchange): void {
    if (servedBy === 'legacy') this.#strain.saw(`${feature} ${route}`, answer.status, tookMs, performance.now());
  }

  portsFor({ exchange, questions, known, candidate, looks, heard }: Asking): JudgePorts {
    const { feature, route, params, question } = exchange;
    const { candidates, legacy, settings, sparesNobody } = this.#sides;
    const { applied, healthOf } = known;
    const asked = { feature, route, params, ...questions.candidate, headers: repeatedHeaders(question.headers) };
    // What users would have waited for is no failure; and here it steps back behind them, so that it failed is not said where
    // only a user's time is over. What it says after that is no match either: see `candidate-late`.
    const timeoutMs = Math.max(settings.candidateTimeoutMs, known.candidateTimeoutMs ?? 0);
    const ask = (): Promise<CandidateResult> => askCandidate(candidate, asked, timeoutMs);
    const askAndHear = async (): Promise<CandidateResult> => {
      const result = bounded(comparedResult(exchange, await this.#places.run(() => withoutRunDelay(ask))));
      heard.candidate = result.ok ? result.answer : undefined;
      return result;
    };
    const settle = async (): Promise<boolean> => delay(settlesForMs(known, settings.settleMs), true);
    return {
      askCandidate: sparesNobody ? askAndHear : candidatePort(healthOf(route), askAndHear),
      askLegacy: legacyPort(this.#strain, `${feature} ${route}`, async () =>
        comparedResult(exchange, await withoutRunDelay(() => legacy.ask(questions.legacy))),
      ),
      readSourcePosition: () => (applied ? candidates.readSourcePosition() : Promise.resolve(0n)),
      waitApplied: (position, budgetMs) => {
        looks.rest();
        return applied ? applied.waitFor(position, budgetMs) : settle();
      },
      compare: (ours, theirs) => looks.compare(ours, theirs),
    };
  }
}
