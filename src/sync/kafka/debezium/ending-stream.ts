import type { Position } from '../../../kernel/position.ts';
import type { StreamEvent } from '../../change.ts';
import type { ChangeStream } from '../../change-stream.ts';

/** A stream with which something else ends. */
export class EndingStream implements ChangeStream {
  readonly #stream: ChangeStream;
  readonly #onEnd: () => Promise<void>;
  #ending: Promise<void> | undefined;

  constructor(stream: ChangeStream, onEnd: () => Promise<void>) {
    this.#stream = stream;
    this.#onEnd = onEnd;
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
    this.#ending ??= this.#onEnd();
    await Promise.all([this.#stream[Symbol.asyncDispose](), this.#ending]);
  }
}
