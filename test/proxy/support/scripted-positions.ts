import type { AppliedPosition, Position, SourcePosition } from '../../../src/kernel/position.ts';

/** The log of a legacy database whose position the test sets. */
export class ScriptedSource implements SourcePosition {
  position: Position = 100n;
  mood: 'answers' | 'hangs' | 'refuses' = 'answers';
  reads = 0;
  nudges = 0;

  async read(): Promise<Position> {
    this.reads += 1;
    if (this.mood === 'refuses') throw new Error('the source refuses');
    if (this.mood === 'hangs') return await new Promise<Position>(() => undefined);
    return this.position;
  }

  nudge(): void {
    this.nudges += 1;
  }
}

/** A read model that is as far as the test says. */
export class ScriptedApplied implements AppliedPosition {
  #position: Position | undefined;
  readonly #waiting = new Set<() => void>();
  waits = 0;

  constructor(position: Position | undefined) {
    this.#position = position;
  }

  current(): Position | undefined {
    return this.#position;
  }

  reach(position: Position | undefined): void {
    this.#position = position;
    for (const wake of this.#waiting) wake();
  }

  waitFor(position: Position, budgetMs: number): Promise<boolean> {
    this.waits += 1;
    return new Promise((resolve) => {
      const finish = (isReached: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(isReached);
      };
      const check = (): void => {
        if (this.#position !== undefined && this.#position >= position) finish(true);
      };
      const timer = setTimeout(finish, budgetMs, false);
      this.#waiting.add(check);
      check();
    });
  }
}
