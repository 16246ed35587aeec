import type { Clock } from '../../src/kernel/clock.ts';
import type { HttpAnswer } from '../../src/kernel/exchange.ts';
import type { VariationScope } from '../../src/kernel/legacy-variation.ts';
import type { Judgement, JudgePorts } from '../judge.ts';
import { ownVariations, type Sandwich } from './own-variations.ts';
import { SandwichSample, type SandwichSampleOptions } from './sandwich-sample.ts';
import type { VariationBook } from './variation-book.ts';

const FENCE_BUDGET_MS = 2_000;

/** Learns from judgements where legacy differs from itself. Where nothing differed, legacy is asked again for a few of them. */
export class VariationWatch {
  readonly #book: VariationBook;
  readonly #sample: SandwichSample;
  readonly #clock: Clock;

  constructor(book: VariationBook, sample: SandwichSampleOptions, clock: Clock) {
    this.#book = book;
    this.#sample = new SandwichSample(sample);
    this.#clock = clock;
  }

  /** Rejects only where a port does. */
  async watch(scope: VariationScope, judgement: Judgement, ports: JudgePorts): Promise<void> {
    const { verdict, legacy, candidate } = judgement;
    const isDrawn = verdict === 'match' && legacy && candidate && this.#sample.draws(this.#clock.now());
    const sandwich = judgement.sandwich ?? (isDrawn ? await askAround(legacy, candidate, ports) : undefined);
    if (sandwich)
      this.#book.enter(
        scope,
        ownVariations(sandwich, (one, other) => ports.compare(one, other), this.#clock.now()),
      );
  }
}

/** Undefined when somebody did not answer, or the read model did not come to legacy's second answer in time. */
async function askAround(
  before: HttpAnswer,
  candidateBefore: HttpAnswer,
  ports: JudgePorts,
): Promise<Sandwich | undefined> {
  const again = await ports.askLegacy();
  if (!again.ok || again.answer.status >= 500) return undefined;
  const { answer: after } = again;
  // Then there is nothing that the candidate could be a witness of.
  if (ports.compare(before, after).outcome === 'equal')
    return { before, candidateBefore, after, candidateAfter: after };
  const position = await ports.readSourcePosition().catch(() => undefined);
  if (position === undefined || !(await ports.waitApplied(position, FENCE_BUDGET_MS))) return undefined;
  const asked = await ports.askCandidate();
  return asked.ok ? { before, candidateBefore, after, candidateAfter: asked.answer } : undefined;
}
