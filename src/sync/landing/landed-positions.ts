import type { Position } from '../../kernel/position.ts';

/** More are not needed: read models that are further behind are told of when they have come closer. */
const KEPT = 100_000;

/** Which position of the legacy server's log stands for which of the landing database's. No I/O. */
export class LandedPositions {
  #marks: { readonly streamed: Position; readonly landed: Position }[] = [];

  /** In the order of `streamed`. */
  note(streamed: Position, landed: Position): void {
    const last = this.#marks.at(-1);
    if (last && last.landed >= landed && last.streamed <= streamed) return;
    this.#marks.push({ streamed, landed });
    if (this.#marks.length > KEPT) this.#marks = this.#marks.slice(KEPT / 2);
  }

  forget(): void {
    this.#marks = [];
  }

  /** What has landed at a position of the stream; undefined before the first that is known. */
  at(streamed: Position): Position | undefined {
    let [low, high] = [0, this.#marks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#marks[middle]!.streamed <= streamed) low = middle + 1;
      else high = middle;
    }
    return this.#marks[low - 1]?.landed;
  }
}
