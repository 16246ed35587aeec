import type { HttpAnswer, HttpQuestion } from '../../src/kernel/exchange.ts';
import type { PairSource, StoredPair } from '../../src/store/stored-pair.ts';
import type { Redactor } from '../redact.ts';
import { keepAnswers } from './keep-answers.ts';
import { keepQuestion } from './keep-question.ts';
import type { KeepRules } from './keep-rules.ts';

/** What was asked and answered, as it came. */
export interface HeardPair {
  readonly question: HttpQuestion;
  /** Those of its path, by name. */
  readonly params?: Readonly<Record<string, string>> | undefined;
  readonly legacy: HttpAnswer | undefined;
  readonly candidate: HttpAnswer | undefined;
}

const defaultMaxBytes = 16 * 1024 * 1024;

/**
 * Holds answers that differed until it is known which of them are kept: only those are read again and redacted. Beyond its
 * bytes the oldest are let go, so neither many differences nor a store that is away can fill the memory.
 */
export class PairKeeper {
  readonly #maxBytes: number;
  readonly #held = new Set<HeldPair>();
  #bytes = 0;

  constructor(maxBytes = defaultMaxBytes) {
    this.#maxBytes = maxBytes;
  }

  hold(heard: HeardPair, rules: KeepRules, redactor: Redactor): PairSource {
    const pair = new HeldPair(heard, rules, redactor);
    this.#held.add(pair);
    this.#bytes += pair.bytes;
    for (const oldest of this.#held) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#held.delete(oldest);
      this.#bytes -= oldest.bytes;
      oldest.letGo();
    }
    return pair;
  }
}

class HeldPair implements PairSource {
  readonly bytes: number;
  readonly #rules: KeepRules;
  readonly #redactor: Redactor;
  #heard: HeardPair | undefined;
  #kept: StoredPair | undefined;

  constructor(heard: HeardPair, rules: KeepRules, redactor: Redactor) {
    this.#heard = heard;
    this.#rules = rules;
    this.#redactor = redactor;
    this.bytes = 1_024 + (heard.legacy?.body.byteLength ?? 0) + (heard.candidate?.body.byteLength ?? 0);
  }

  take(): StoredPair | undefined {
    try {
      return (this.#kept ??= this.#heard && this.#keep(this.#heard));
    } catch {
      // A batch of evidence must not be lost for one pair that we cannot read.
      return undefined;
    }
  }

  #keep(heard: HeardPair): StoredPair {
    const { question, params } = heard;
    const answers = keepAnswers(heard, this.#rules, this.#redactor, question);
    return { question: keepQuestion(question, this.#redactor, params), ...answers };
  }

  letGo(): void {
    this.#heard = undefined;
  }
}
