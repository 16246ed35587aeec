import { describeError, FigError } from './fig-error.ts';
import type { Log } from './log.ts';

export interface FailureTexts {
  /** Of the first failures, which are no news yet. */
  readonly first: string;
  readonly again: string;
}

/** Failures that are no news: somebody has just taken over, or is about to let go. */
const NO_NEWS = 3;

/**
 * Tells of failures that follow one another, with their code and what to do about them. What is the same as before is told
 * less and less often, so that an outage of a night is some lines.
 */
export class FailureLog {
  readonly #log: Log;
  readonly #texts: FailureTexts;
  #last: string | undefined;

  constructor(log: Log, texts: FailureTexts) {
    this.#log = log;
    this.#texts = texts;
  }

  /** `attempt`: which failure in a row this is, from 1. */
  tell(thrown: unknown, attempt: number, more: object = {}): void {
    const error = describeError(thrown);
    const ours = thrown instanceof FigError ? { code: thrown.code, remedy: thrown.remedy } : {};
    const fields = { ...more, ...ours, error, attempt };
    const isNews = attempt <= NO_NEWS + 1 || error !== this.#last || (attempt & (attempt - 1)) === 0;
    this.#last = error;
    if (!isNews) this.#log.debug(fields, this.#texts.again);
    else if (attempt <= NO_NEWS) this.#log.info(fields, this.#texts.first);
    else this.#log.warn(fields, this.#texts.again);
  }
}
