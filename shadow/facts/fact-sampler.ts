import type { Exchange } from '../../src/kernel/exchange.ts';
import { matchesSampled, mismatchesSampled, type EvidenceFacts } from '../../src/kernel/facts.ts';
import type { AnswerComparer } from '../compare-answers.ts';
import type { Judgement } from '../judge.ts';
import type { Redactor } from '../redact.ts';
import { SampleBook } from './distinct-sample.ts';
import { questionFacts } from './question-facts.ts';
import { factsOfDifferences, factsOfMatch } from './take-facts.ts';

/** How a feature's answers are read. */
interface Reader {
  readonly fingerprint: string;
  readonly comparers: { of(route: string): Pick<AnswerComparer, 'bodyOf'> };
  readonly redactor: Redactor;
}

/**
 * Takes facts of those comparisons that a fair sample holds, and looks at no others: with a thousand comparisons a second
 * that would take more time than comparing them.
 */
export class FactSampler {
  readonly #book = new SampleBook();

  /** `key`: of the evidence. `step`: the state of the reads. Undefined: no sample has a place for it. */
  take(
    exchange: Exchange,
    { verdict, legacy, differences }: Pick<Judgement, 'verdict' | 'legacy' | 'differences'>,
    { fingerprint, comparers, redactor }: Reader,
    { key, step }: { readonly key: Uint8Array | undefined; readonly step: string },
  ): EvidenceFacts | undefined {
    if (key === undefined || legacy === undefined) return undefined;
    const { feature, route, stay = 0, question } = exchange;
    // Evidence of an earlier stay is forgotten, and with it what was sampled.
    const scope = JSON.stringify([feature, fingerprint, step, stay, route]);
    const source = () => ({
      question: questionFacts(exchange, legacy.status, redactor),
      body: comparers.of(route).bodyOf(legacy, question),
      key,
      redactor,
    });
    if (verdict === 'match') {
      return this.#book.takes(scope, matchesSampled, key) ? factsOfMatch(source()) : undefined;
    }
    const wanted = new Set(
      differences
        .map(({ path, kind }) => `${kind} ${path}`)
        .filter((group) => this.#book.takes(`${scope} ${group}`, mismatchesSampled, key)),
    );
    if (wanted.size === 0) return undefined;
    return factsOfDifferences(source(), differences, (path, kind) => wanted.has(`${kind} ${path}`));
  }
}
