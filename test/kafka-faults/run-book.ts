/** What came to pass, by kind. */
export class RunBook {
  readonly #done = new Map<string, { readonly count: number; readonly ms: number }>();
  readonly #setUp = new Map<string, { readonly count: number; readonly ms: number }>();
  #failed = 0;
  #anew = 0;
  #published = 0;

  /** Counts something as done, or as failed, and how long it took. */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      const result = await work();
      note(this.#done, name, performance.now() - startedAt);
      return result;
    } catch (error) {
      this.#failed += 1;
      throw error;
    }
  }

  setUp(name: string, ms: number): void {
    note(this.#setUp, name, ms);
  }

  /** Read models were built again, where a connector may have left rows out. */
  builtAnew(): void {
    this.#anew += 1;
  }

  /** Events that a scene has published, all of which were read once and in order. */
  published(count: number): void {
    this.#published += count;
  }

  toString(): string {
    const count = [...this.#done.values()].reduce((sum, each) => sum + each.count, 0);
    const anew =
      this.#anew > 0 ? ` (${this.#anew} with read models built again, where a connector may have left rows out)` : '';
    const verdict = this.#failed > 0 ? `${this.#failed} FAILED` : '0 lost, 0 doubled, order kept';
    return [
      `faults: ${count} runs through Kafka, ${this.#published} events published: ${verdict}${anew}`,
      ...linesOf(this.#done),
      ...linesOf(this.#setUp),
      '',
    ].join('\n');
  }
}

function note(book: Map<string, { readonly count: number; readonly ms: number }>, name: string, took: number): void {
  const { count, ms } = book.get(name) ?? { count: 0, ms: 0 };
  book.set(name, { count: count + 1, ms: ms + took });
}

function linesOf(book: ReadonlyMap<string, { readonly count: number; readonly ms: number }>): readonly string[] {
  return [...book]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { count, ms }]) => `  ${count} x ${name}, ${(ms / count / 1000).toFixed(1)} s each`);
}
