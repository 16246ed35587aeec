import type { Position } from '../kernel/position.ts';
import type { StreamEvent } from './change.ts';
import type { ChangeStream } from './change-stream.ts';

/** A stream as it is, for those that add something to one. */
export class ForwardedStream implements ChangeStream {
  readonly #stream: ChangeStream;

  constructor(stream: ChangeStream) {
    this.#stream = stream;
  }

  get received(): Position {
    return this.#stream.received;
  }

  get acknowledged(): Position {
    return this.#stream.acknowledged;
  }

  get spooledBytes(): number {
    return this.#stream.spooledBytes;
  }

  acknowledge(position: Position): void {
    this.#stream.acknowledge(position);
  }

  next(): Promise<readonly StreamEvent[] | undefined> {
    return this.#stream.next();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stream[Symbol.asyncDispose]();
  }
}
