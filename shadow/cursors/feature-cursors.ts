import type { Clock } from '../../src/kernel/clock.ts';
import type { Exchange, HttpQuestion } from '../../src/kernel/exchange.ts';
import type { AnswerComparer } from '../compare-answers.ts';
import type { Judgement } from '../judge.ts';
import { CursorBook } from './cursor-book.ts';
import { pairedQuestions, withoutCursors, type PairedQuestions } from './paired-questions.ts';

interface ReadersByRoute {
  of(route: string): Pick<AnswerComparer, 'cursorsOf'>;
}

/** Carries questions for a further page from one side to the other, for one version of a feature. */
export class FeatureCursors {
  readonly #parameters: ReadonlySet<string>;
  readonly #comparers: ReadersByRoute;
  readonly #book: CursorBook;

  constructor(rules: Readonly<Record<string, string>> | undefined, comparers: ReadersByRoute, clock: Clock) {
    this.#parameters = new Set(Object.values(rules ?? {}));
    this.#comparers = comparers;
    this.#book = new CursorBook(clock);
  }

  /** Undefined: a token in it is not known. */
  questionsFor(exchange: Exchange): PairedQuestions | undefined {
    return pairedQuestions(exchange, exchange.feature, this.#parameters, this.#book);
  }

  /** Remembers the tokens of a page that both sides gave alike: of the answer that the user has, and of the other side's. */
  learn(
    { feature, route, answer, servedBy, isOfOtherVersion }: Exchange,
    { verdict, legacy, candidate }: Judgement,
  ): void {
    if (this.#parameters.size === 0 || !legacy || !candidate || isOfOtherVersion) return;
    if (verdict !== 'match' && verdict !== 'stale') return;
    const [ours, theirs] = servedBy === 'legacy' ? [answer, candidate] : [legacy, answer];
    const comparer = this.#comparers.of(route);
    this.#book.remember(feature, comparer.cursorsOf(ours), comparer.cursorsOf(theirs));
  }

  /** What the question is evidence of. */
  keyQuestion(question: HttpQuestion): HttpQuestion {
    return withoutCursors(question, this.#parameters);
  }
}
