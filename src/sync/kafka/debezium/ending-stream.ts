import type { ChangeStream } from '../../change-stream.ts';
import { ForwardedStream } from '../../forwarded-stream.ts';

/** A stream with which something else ends. */
export class EndingStream extends ForwardedStream {
  readonly #onEnd: () => Promise<void>;
  #ending: Promise<void> | undefined;

  constructor(stream: ChangeStream, onEnd: () => Promise<void>) {
    super(stream);
    this.#onEnd = onEnd;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#ending ??= this.#onEnd();
    await Promise.all([super[Symbol.asyncDispose](), this.#ending]);
  }
}
