/** Answers that fail one after the other until legacy is left alone. */
const MAX_FAILURES = 3;
/** Answers that legacy's first speed is known by, and its last. */
const WINDOW = 5;
const SLOWER_TIMES = 5;
/** Milliseconds; below that no slowing is a strain. */
const SLOW_MS = 1_000;

/** What legacy did with one question: the milliseconds of its answer, or that it failed. */
export type LegacySign = { readonly tookMs: number } | 'failed';

/** Notices when legacy suffers, so that a replay does not make it worse. No I/O. */
export class StrainWatch {
  readonly #first: number[] = [];
  readonly #last: number[] = [];
  #failures = 0;

  /** Why no more is to be asked, if so. */
  note(sign: LegacySign): string | undefined {
    if (sign === 'failed') {
      this.#failures += 1;
      return this.#failures < MAX_FAILURES ? undefined : `legacy failed to answer ${MAX_FAILURES} questions in a row`;
    }
    this.#failures = 0;
    if (this.#first.length < WINDOW) this.#first.push(sign.tookMs);
    this.#last.push(sign.tookMs);
    if (this.#last.length > WINDOW) this.#last.shift();
    if (this.#last.length < WINDOW) return undefined;
    const [before, now] = [median(this.#first), median(this.#last)];
    if (now < SLOW_MS || now < before * SLOWER_TIMES) return undefined;
    return `legacy answers in ${Math.round(now)} ms, where it took ${Math.round(before)} ms at first`;
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
