import type { HttpAnswer, HttpQuestion } from '../src/kernel/exchange.ts';
import type { Verdict } from '../src/kernel/verdict.ts';
import type { AnswerComparer, Comparison } from './compare-answers.ts';
import type { Hidden } from './json/find-hidden.ts';

/** Verdicts that rest on a comparison of two answers, the last one that was made. */
const resting: ReadonlySet<Verdict> = new Set(['match', 'mismatch', 'stale', 'raced']);

/** Compares for one judgement, and tells afterwards what rules hid in the two answers that it came to rest on. */
export class LastLook {
  readonly #comparer: AnswerComparer;
  readonly #question: HttpQuestion;
  #last: { readonly legacy: HttpAnswer; readonly candidate: HttpAnswer; readonly areEqual: boolean } | undefined;

  constructor(comparer: AnswerComparer, question: HttpQuestion) {
    this.#comparer = comparer;
    this.#question = question;
  }

  compare(legacy: HttpAnswer, candidate: HttpAnswer): Comparison {
    const comparison = this.#comparer.compare(legacy, candidate, this.#question);
    this.#last = { legacy, candidate, areEqual: comparison.outcome === 'equal' };
    return comparison;
  }

  /** To be told when a judgement begins to wait: what was read of the answers can be read again. */
  rest(): void {
    if (this.#last === undefined) return;
    this.#comparer.forget(this.#last.legacy);
    this.#comparer.forget(this.#last.candidate);
  }

  /** Ids of rules that hid something, and of those that guard something in it; undefined: the verdict rests on no comparison. */
  hidden(verdict: Verdict): Hidden | undefined {
    if (this.#last === undefined || !resting.has(verdict)) return undefined;
    const { legacy, candidate, areEqual } = this.#last;
    const hidden = this.#comparer.hiddenIn(legacy, candidate, this.#question, areEqual);
    return hidden === 'unknown' ? hidden : [...hidden, ...this.#comparer.guardedIn(legacy, this.#question)];
  }
}
