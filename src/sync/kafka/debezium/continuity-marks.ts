import { randomUUID } from 'node:crypto';
import type { Position } from '../../../kernel/position.ts';
import type { SourceTransaction } from '../../change.ts';
import { messagePrefix } from '../../postgres/source-position.ts';

/**
 * Messages that are written into the source's log, and have to come back in what a connector sends: nothing else shows that its
 * slot was made anew. Transactions come in the order of the log, so one that ends behind a mark that did not come tells that
 * changes are missing. No I/O.
 */
export class ContinuityMarks {
  /** Where each ended at the latest that did not come yet; undefined: it is being written. */
  readonly #awaited = new Map<string, Position | undefined>();
  #hasSeenAny = false;

  /** Whether any mark came back so far: a connector that is set to leave messages out sends none. */
  get hasSeenAny(): boolean {
    return this.#hasSeenAny;
  }

  /** A stream is about to give what ends behind the position. */
  begin(from: Position): void {
    for (const [mark, end] of this.#awaited) if (end !== undefined && end <= from) this.#awaited.delete(mark);
  }

  /** What was written is of a log that the source has left. */
  forget(): void {
    this.#awaited.clear();
  }

  /** To be called before it is written: it may come before that is known. */
  writing(): string {
    const mark = `mark ${randomUUID()}`;
    this.#awaited.set(mark, undefined);
    return mark;
  }

  /** `end`: not before the end of its commit record. */
  written(mark: string, end: Position): void {
    if (this.#awaited.has(mark)) this.#awaited.set(mark, end);
  }

  /** It may or may not be in the log. */
  gaveUp(mark: string): void {
    this.#awaited.delete(mark);
  }

  /** Whether changes are missing before the end of this transaction. To be asked for each, in their order. */
  isGapBefore({ messages, endPosition }: Pick<SourceTransaction, 'messages' | 'endPosition'>): boolean {
    for (const { prefix, content } of messages) {
      if (prefix === messagePrefix && this.#awaited.delete(content)) this.#hasSeenAny = true;
    }
    let isGap = false;
    for (const [mark, end] of this.#awaited) {
      if (end === undefined || end >= endPosition) continue;
      isGap = true;
      this.#awaited.delete(mark);
    }
    return isGap;
  }
}
